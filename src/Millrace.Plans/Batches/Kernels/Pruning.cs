namespace Millrace.Plans;

/// <summary>Lets scans read only the columns that the steps above look at.</summary>
static class Pruning
{
    internal static Relation Prune(Relation plan) => Prune(plan, null);

    /// <param name="needed">By exact name; null for all.</param>
    static Relation Prune(Relation plan, HashSet<string>? needed)
    {
        switch (plan)
        {
            case Scan scan:
                return needed is null ? scan : Narrow(scan, needed);
            case Filter filter:
                return filter with { Input = Prune(filter.Input, With(needed, filter.Input.Schema, filter.Condition)) };
            case Check check:
                var seen = With(needed, check.Input.Schema, check.Condition);
                if (seen is not null && check.Column is not null) seen.Add(check.Input.Schema[check.Column].Name);
                return check with { Input = Prune(check.Input, seen) };
            case Project project:
                return project with { Input = Prune(project.Input, With([], project.Input.Schema, [.. project.Columns.Select(c => c.Value)])) };
            case Group group:
                return group with { Input = Prune(group.Input, With([], group.Input.Schema, [.. group.Keys.Concat(group.Values).Select(c => c.Value)])) };
            case Limit limit:
                return limit with { Input = Prune(limit.Input, needed) };
            case Sample sample:
                return sample with { Input = Prune(sample.Input, needed) };
            case Flatten flatten:
                return flatten with { Input = Prune(flatten.Input, With(needed, flatten.Input.Schema, new ColumnExpr(flatten.Column))) };
            default:
                return plan.WithInputs([.. plan.Inputs.Select(i => Prune(i, null))]);
        }
    }

    static Scan Narrow(Scan scan, HashSet<string> needed)
    {
        var all = scan.Columns is { } columns ? scan.Source.Schema.Select(columns) : scan.Source.Schema;
        var kept = all.Names.Where(n => needed.Contains(n) || Provenance.Is(n)).ToList();
        // Rows are counted by a column: the first will do.
        if (kept.Count == 0) kept = [.. all.Names.Take(1)];
        return kept.Count == all.Count ? scan : scan with { Columns = kept.ToSequence() };
    }

    static HashSet<string>? With(HashSet<string>? needed, Schema schema, params ReadOnlySpan<Expr> exprs)
    {
        if (needed is null) return null;
        var all = new HashSet<string>(needed);
        foreach (var expr in exprs)
            foreach (var name in ColumnsOf(expr)) all.Add(schema[name].Name);
        return all;
    }

    internal static IEnumerable<string> ColumnsOf(Expr? expr) => expr switch
    {
        null or LiteralExpr => [],
        ColumnExpr column => [column.Name],
        CallExpr call => call.Arguments.SelectMany(ColumnsOf),
        CastExpr cast => ColumnsOf(cast.Value),
        CaseExpr choice => choice.Branches.SelectMany(b => ColumnsOf(b.When).Concat(ColumnsOf(b.Then))).Concat(ColumnsOf(choice.Else)),
        CallbackExpr callback => callback.Arguments.SelectMany(ColumnsOf),
        AggregateExpr a => a.Arguments.Concat(a.OrderBy.Select(k => k.Value)).SelectMany(ColumnsOf).Concat(ColumnsOf(a.Where)),
        WindowExpr w => ColumnsOf(w.Value).Concat(w.PartitionBy.Concat(w.OrderBy.Select(k => k.Value)).SelectMany(ColumnsOf)),
        RankExpr rank => rank.Arguments.SelectMany(ColumnsOf),
        StructExpr made => made.Fields.SelectMany(f => ColumnsOf(f.Value)),
        _ => throw new PlanException($"{expr} is unknown."),
    };
}
