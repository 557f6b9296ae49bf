using Millrace.Plans;

namespace Millrace.Data;

/// <summary>A column for the result: one by its name, a value, or a pair of name and value.</summary>
public readonly record struct Pick
{
    Pick(NamedExpr named) => Named = named;

    internal NamedExpr Named { get; }

    public static implicit operator Pick(string column) => new(new NamedExpr(column, new ColumnExpr(column)));
    public static implicit operator Pick(Value value) => new(value.Named);
    public static implicit operator Pick((string Name, Value Value) named) => new(new NamedExpr(named.Name, named.Value.Expr));

    // Under the name that the column has in the schema, whatever way it was asked for.
    internal static Sequence<NamedExpr> Of(ReadOnlySpan<Pick> picks, Schema schema)
    {
        var named = new NamedExpr[picks.Length];
        for (var i = 0; i < named.Length; i++)
        {
            named[i] = picks[i].Named;
            if (named[i].Value is ColumnExpr column && column.Name == named[i].Name && schema.TryIndexOf(column.Name, out var at))
                named[i] = new NamedExpr(schema[at].Name, new ColumnExpr(schema[at].Name));
        }
        return [.. named];
    }
}
