namespace Millrace.Plans;

/// <summary>Expressions with parts of them replaced.</summary>
static class ExprRewriting
{
    /// <summary>Replaces each outermost part for which <paramref name="replace"/> knows another; null keeps a part and looks inside.</summary>
    internal static Expr Rewrite(this Expr expr, Func<Expr, Expr?> replace)
    {
        if (replace(expr) is { } other) return other;
        Sequence<Expr> All(Sequence<Expr> parts) => parts.Select(p => p.Rewrite(replace)).ToSequence();
        Sequence<SortKey> Keys(Sequence<SortKey> keys) => keys.Select(k => k with { Value = k.Value.Rewrite(replace) }).ToSequence();
        return expr switch
        {
            CallExpr e => e with { Arguments = All(e.Arguments) },
            CastExpr e => e with { Value = e.Value.Rewrite(replace) },
            CaseExpr e => new CaseExpr(e.Branches.Select(b => new CaseBranch(b.When.Rewrite(replace), b.Then.Rewrite(replace))).ToSequence(), e.Else.Rewrite(replace)),
            CallbackExpr e => e with { Arguments = All(e.Arguments) },
            AggregateExpr e => e with { Arguments = All(e.Arguments), Where = e.Where?.Rewrite(replace), OrderBy = Keys(e.OrderBy) },
            WindowExpr e => e with { Value = e.Value.Rewrite(replace), PartitionBy = All(e.PartitionBy), OrderBy = Keys(e.OrderBy) },
            RankExpr e => e with { Arguments = All(e.Arguments) },
            StructExpr e => new StructExpr(e.Fields.Select(f => f with { Value = f.Value.Rewrite(replace) }).ToSequence()),
            _ => expr,
        };
    }

    /// <summary>The expression and all parts of it.</summary>
    internal static IEnumerable<Expr> Parts(this Expr expr)
    {
        var parts = new List<Expr>();
        expr.Rewrite(part =>
        {
            parts.Add(part);
            return null;
        });
        return parts;
    }

    /// <summary>Whether it holds an aggregate that no window contains.</summary>
    internal static bool HasAggregate(this Expr expr)
    {
        var found = false;
        expr.Rewrite(part =>
        {
            found |= part is AggregateExpr;
            return part is WindowExpr ? part : null;
        });
        return found;
    }
}
