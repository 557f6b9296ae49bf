using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Groups that wait for what is wanted of them.</summary>
public sealed class GroupedFrame
{
    readonly Frame frame;
    readonly Sequence<NamedExpr> keys;

    internal GroupedFrame(Frame frame, Sequence<NamedExpr> keys) => (this.frame, this.keys) = (frame, keys);

    /// <summary>One row a group: the keys, then these values: <c>Aggregate(Sum("amount"), Average("age").As("mean_age"), Count())</c>.</summary>
    public Frame Aggregate(params Sequence<Pick> values) => new(new Group(frame.Plan, keys, frame.Picked(values)));

    /// <summary>How many rows each group has, as <c>count</c>.</summary>
    public Frame Count() => Aggregate(Columns.Count());

    /// <summary>One of the rows of each group, the first in that order.</summary>
    public Frame First(params Sequence<Order> order) => Whole(Keep.First, order);

    public Frame Last(params Sequence<Order> order) => Whole(Keep.Last, order);

    /// <summary>The rows of each group as a list in one column.</summary>
    public Frame Nest(string name, params Sequence<Order> order) => new(new Nest(frame.Plan, ColumnKeys(), name, OrderBy: frame.Keys(order)));

    Frame Whole(Keep keep, Sequence<Order> order) => new(new Deduplicate(frame.Plan, ColumnKeys(), keep, frame.Keys(order)));

    Sequence<string> ColumnKeys() => [.. keys.Select(k => k.Value is ColumnExpr column && column.Name == k.Name
        ? k.Name
        : throw new PlanException($"The key '{k.Name}' is computed. Add it with With(...) first and group by its name."))];
}
