using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Writes a join; its sides are called <c>l</c> and <c>r</c>.</summary>
sealed class JoinStep(SqlDialect dialect, Join join, Func<CallbackExpr, Schema, string>? callbacks)
{
    readonly Schema left = join.Left.Schema, right = join.Right.Schema;

    internal string Write(string l, string r)
    {
        var keys = join.Keys.Select(k => Pair(k, "=")).ToList();
        var also = join.Also is null ? null : Joined().Write(join.Also);
        switch (join.Kind)
        {
            case JoinKind.Semi or JoinKind.Anti:
                var partner = string.Join(" AND ", also is null ? keys : keys.Append($"({also})"));
                return $"SELECT * FROM {l} AS l WHERE {(join.Kind == JoinKind.Anti ? "NOT " : "")}EXISTS (SELECT 1 FROM {r} AS r{(partner.Length > 0 ? $" WHERE {partner}" : "")})";
            case JoinKind.AsOf:
                return dialect.AsOfJoin(new SqlJoin(Columns(), l, r, keys, also is null ? null : $"({also})", Pair(join.AsOf!, ">="), Ordered(Side(right, "r"), join.AsOf!.Right)));
            case JoinKind.Positional:
                return dialect.PositionalJoin(new SqlJoin(Columns(), l, r, [], null));
        }
        if (also is not null) keys.Add($"({also})");
        if (join.Kind is JoinKind.Cross && keys.Count == 0) return $"SELECT {Columns()} FROM {l} AS l CROSS JOIN {r} AS r";
        if (join.Kind is JoinKind.Full && dialect is PostgresDialect && (also is not null || keys.Count == 0))
            throw new InexpressibleException("PostgreSQL joins fully by equal keys only");
        var word = join.Kind switch { JoinKind.Left => "LEFT JOIN", JoinKind.Right => "RIGHT JOIN", JoinKind.Full => "FULL JOIN", _ => "JOIN" };
        return $"SELECT {Columns()} FROM {l} AS l {word} {r} AS r ON {(keys.Count == 0 ? "TRUE" : string.Join(" AND ", keys))}";
    }

    string Columns() => string.Join(", ",
        left.Select(f => $"l.{SqlScope.Quote(f.Name)}").Concat(right.Zip(join.RightNames, (f, name) => f.Name == name
            ? $"r.{SqlScope.Quote(name)}"
            : $"r.{SqlScope.Quote(f.Name)} AS {SqlScope.Quote(name)}")));

    SqlExpressions Side(Schema schema, string name) => new(dialect, new SqlScope(schema, name), callbacks);

    // The joined row: what the right side's columns are called there is not what they are called on their side.
    SqlExpressions Joined()
    {
        var both = new Schema(left.Concat(right.Zip(join.RightNames, (f, name) => f with { Name = name })));
        return new(dialect, new SqlScope(both, at => at < left.Count ? $"l.{SqlScope.Quote(left[at].Name)}" : $"r.{SqlScope.Quote(right[at - left.Count].Name)}"), callbacks);
    }

    string Pair(JoinKey key, string sign)
    {
        var (l, r) = (Side(left, "l"), Side(right, "r"));
        var (a, b) = (l.TypeOf(key.Left).Type, r.TypeOf(key.Right).Type);
        var common = TypeRules.Common(a, b)!;
        var other = a.IsInteger && b.IsInteger ? r.Operand(key.Right) : r.As(key.Right, common);
        return $"{(a.IsInteger && b.IsInteger ? l.Operand(key.Left) : l.As(key.Left, common))} {sign} {(sign != "=" && common.Kind == TypeKind.Text ? dialect.Ordered(other) : other)}";
    }

    string Ordered(SqlExpressions side, Expr value) =>
        side.TypeOf(value).Type.Kind is TypeKind.Text or TypeKind.Enum ? dialect.Ordered(side.Operand(value)) : side.Operand(value);
}
