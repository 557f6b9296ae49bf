using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Whether the order in which sources give their rows shows in a plan's result.</summary>
static class PlanOrder
{
    internal static bool Matters(Relation plan, bool wanted = true) => plan switch
    {
        Scan => wanted,
        Sort sort => Matters(sort.Input, false),
        Limit limit => Matters(limit.Input, true),
        Sample sample => Matters(sample.Input, true),
        Group group => Matters(group.Input, group.Values.Any(v => FollowsRows(v.Value))),
        Window window => Matters(window.Input, wanted || window.Values.Any(v => FollowsRows(v.Value))),
        Distinct or SetOperation { Kind: not SetKind.UnionAll } => plan.Inputs.Any(i => Matters(i, false)),
        Join { Kind: JoinKind.Positional } => true,
        // What a query makes of the order is its own affair.
        Query => plan.Inputs.Any(i => Matters(i, true)),
        // What partners a row finds has no order, but the rows of the left keep theirs where nothing is put beside them.
        Join join => Matters(join.Left, wanted) || Matters(join.Right, false),
        _ => plan.Inputs.Any(i => Matters(i, wanted)),
    };

    static bool FollowsRows(Expr expr) => expr.All().Any(e =>
        e is AggregateExpr { OrderBy.Count: 0, Aggregate.Name: "first" or "last" or "list" or "join" }
        || (e is WindowExpr window && SqlWindows.NeedsOrder(window)));
}
