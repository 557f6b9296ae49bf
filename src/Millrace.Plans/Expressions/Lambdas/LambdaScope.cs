using System.Linq.Expressions;
using System.Reflection;

namespace Millrace.Plans;

/// <summary>What a lambda's parameter stands for.</summary>
abstract record LambdaScope;

/// <summary>A row of a relation.</summary>
/// <param name="Names">The columns as the row's type knows them.</param>
/// <param name="Columns">What each is where the expression will stand: a join renames.</param>
/// <param name="Presence">Where the row may be missing: null if it is.</param>
sealed record RowScope(Type Type, Schema Names, IReadOnlyList<Expr> Columns, Expr? Presence = null) : LambdaScope
{
    internal static RowScope Of(Type type, Schema schema) => new(type, schema, [.. schema.Names.Select(n => new ColumnExpr(n))]);

    /// <summary>What a parameter stands for that is one column: a single value, or a struct whose fields are the row's.</summary>
    internal static RowScope OfColumn(Type type, Schema schema, string name)
    {
        var column = new ColumnExpr(name);
        return RowShape.IsSingle(type) ? new(type, new Schema(schema[name] with { Name = RowShape.SingleColumn }), [column])
            : schema[name].Type is StructType row ? new(type, row.Fields, [.. row.Fields.Names.Select(f => Functions.FieldOf.Of(column, LiteralExpr.Of(f)))], column) { Whole = column }
            : throw new PlanException($"'{schema[name]}' can't be a {TypeName.Of(type)}.");
    }

    internal Expr? Column(PropertyInfo property) => Names.TryIndexOf(RecordSchema.ColumnOf(property), out var at) ? Columns[at] : null;

    /// <summary>The struct that holds the row; null where its columns stand side by side.</summary>
    internal Expr? Whole { get; private init; }

    /// <summary>The row's only column, where the row is a single value.</summary>
    internal Expr? Single => RowShape.Of(Type).IsSingleValue ? Columns[0] : null;
}

/// <summary>The rows of a group: what its aggregates run over.</summary>
/// <param name="Key">The parts of the key by the name of the key's member; a key that is one value has the name "".</param>
sealed record GroupScope(RowScope Row, IReadOnlyDictionary<string, Expr> Key) : LambdaScope;

/// <summary>The rows around the current one, in a window.</summary>
sealed record WindowScope(RowScope Row, Sequence<Expr> PartitionBy, Sequence<SortKey> OrderBy) : LambdaScope;

/// <summary>Finds out whether an expression uses any parameter of a lambda around it.</summary>
sealed class ParameterSearch : ExpressionVisitor
{
    readonly HashSet<ParameterExpression> own = [];
    bool found;

    internal static bool In(Expression expression)
    {
        var search = new ParameterSearch();
        search.Visit(expression);
        return search.found;
    }

    protected override Expression VisitLambda<T>(Expression<T> node)
    {
        own.UnionWith(node.Parameters);
        return base.VisitLambda(node);
    }

    protected override Expression VisitParameter(ParameterExpression node)
    {
        found |= !own.Contains(node);
        return node;
    }
}
