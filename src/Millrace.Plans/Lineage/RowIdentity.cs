namespace Millrace.Data;

/// <summary>What a plan alone proves about rows that are unique.</summary>
static class RowIdentity
{
    /// <summary>Whether no two rows can be equal in all of these values.</summary>
    internal static bool IsUnique(Relation plan, IEnumerable<Expr> by)
    {
        var columns = by.OfType<ColumnExpr>().Where(c => plan.Schema.Contains(c.Name)).Select(c => plan.Schema[c.Name].Name).ToHashSet();
        return IsUnique(plan, columns);
    }

    static bool IsUnique(Relation plan, HashSet<string> columns) => plan switch
    {
        Group group => group.Keys.All(k => columns.Contains(k.Name)),
        Distinct => plan.Schema.Names.All(columns.Contains),
        Deduplicate one => (one.Keys.Count == 0 ? plan.Schema.Names : one.Keys.Select(k => plan.Schema[k].Name)).All(columns.Contains),
        // The reference of a lookup: more than one a key fails the run.
        Check { Fail: true, Condition: CallExpr { Arguments: [ColumnExpr { Name: "$times" }, _] }, Input: Window { Values: [{ Value: WindowExpr times }] } } =>
            times.PartitionBy.All(p => p is ColumnExpr c && columns.Contains(c.Name)),
        Filter or Check or Sort or Limit or Sample or Window => IsUnique(plan.Inputs[0], columns),
        Join { Kind: JoinKind.Semi or JoinKind.Anti } => IsUnique(plan.Inputs[0], columns),
        Project project => IsUnique(project.Input, [.. project.Columns.Where(c => columns.Contains(c.Name)).Select(c => c.Value).OfType<ColumnExpr>().Select(c => project.Input.Schema[c.Name].Name)]),
        RichRelation rich => IsUnique(rich.Lower(), columns),
        _ => false,
    };
}
