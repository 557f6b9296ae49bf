using Millrace.Plans;

namespace Millrace.Data;

public partial class Frame
{
    /// <summary>
    /// Rows that have their keys in common, side by side. A key named once, as in <c>Join(orders, "id")</c>, is one column of
    /// the result; another column that both sides have is called <c>name_right</c> for the right.
    /// </summary>
    public Frame Join(Frame right, params Sequence<On> on) => Joined(right, JoinKind.Inner, on);

    /// <summary>All rows of this frame, with nulls where the other has none to match.</summary>
    public Frame LeftJoin(Frame right, params Sequence<On> on) => Joined(right, JoinKind.Left, on);
    public Frame RightJoin(Frame right, params Sequence<On> on) => Joined(right, JoinKind.Right, on);
    public Frame FullJoin(Frame right, params Sequence<On> on) => Joined(right, JoinKind.Full, on);

    /// <summary>The rows of this frame that have a partner in the other.</summary>
    public Frame SemiJoin(Frame right, params Sequence<On> on) => Joined(right, JoinKind.Semi, on);

    /// <summary>The rows of this frame that have none.</summary>
    public Frame AntiJoin(Frame right, params Sequence<On> on) => Joined(right, JoinKind.Anti, on);

    /// <summary>Each row with each.</summary>
    public Frame CrossJoin(Frame right) => new(new Join(Plan, right.Plan, JoinKind.Cross));

    /// <summary>Each row with the last row of the other at or before it: trades with quotes.</summary>
    /// <param name="order">The times, or whatever both are in order by.</param>
    /// <param name="on">What they must also have in common.</param>
    public Frame AsOfJoin(Frame right, On order, params Sequence<On> on) => Joined(right, JoinKind.AsOf, on, order);

    /// <summary>The first row with the first, the second with the second.</summary>
    public Frame Zip(Frame right) => new(new Join(Plan, right.Plan, JoinKind.Positional));

    /// <summary>
    /// Columns of a reference beside the rows they belong to: as a left join, but a row without a match is a reject, and a
    /// reference that has a key twice is an error.
    /// </summary>
    /// <param name="take">The columns of the reference that are wanted.</param>
    /// <param name="miss">What becomes of a row without a match.</param>
    /// <param name="defaults">For <see cref="LookupMiss.Default"/>: the value of each column taken.</param>
    public Frame Lookup(Frame reference, On on, Sequence<Pick> take, LookupMiss miss = LookupMiss.Reject, Sequence<Pick> defaults = default, string? name = null) =>
        Lookup(reference, [on], take, miss, defaults, name);

    /// <inheritdoc cref="Lookup(Frame, On, Sequence{Pick}, LookupMiss, Sequence{Pick}, string)"/>
    public Frame Lookup(Frame reference, Sequence<On> on, Sequence<Pick> take, LookupMiss miss = LookupMiss.Reject, Sequence<Pick> defaults = default, string? name = null) =>
        new(new Lookup(Plan, reference.Plan, [.. on.Select(o => Key(o, reference))], reference.Picked(take), miss, reference.Picked(defaults), name));

    /// <summary>The rows of both, duplicates with them. Columns meet by position.</summary>
    public Frame UnionAll(Frame other) => new(new SetOperation(Plan, other.Plan, SetKind.UnionAll));

    /// <summary>The different rows of both.</summary>
    public Frame Union(Frame other) => new(new SetOperation(Plan, other.Plan, SetKind.Union));
    public Frame Intersect(Frame other) => new(new SetOperation(Plan, other.Plan, SetKind.Intersect));
    public Frame Except(Frame other) => new(new SetOperation(Plan, other.Plan, SetKind.Except));

    JoinKey Key(On on, Frame right) => new(Resolved(on.Left), right.Resolved(on.Right));

    Frame Joined(Frame right, JoinKind kind, Sequence<On> on, On? order = null)
    {
        if (on.Count == 0 && order is null) throw new PlanException("A join says what rows must have in common: Join(other, \"id\"). For each row with each, say CrossJoin.");
        var join = new Join(Plan, right.Plan, kind, [.. on.Select(o => Key(o, right))], AsOf: order is { } o ? Key(o, right) : null);
        var shared = on.Where(k => k.IsShared).Select(k => Key(k, right)).ToList();
        if (kind is JoinKind.Semi or JoinKind.Anti || shared.Count == 0) return new(join);

        var twice = shared.ToDictionary(k => ((ColumnExpr)k.Left).Name, k => join.RightNames[right.Schema.IndexOf(((ColumnExpr)k.Right).Name)]);
        var columns = new List<NamedExpr>();
        foreach (var name in join.Schema.Names.Where(n => !twice.ContainsValue(n)))
        {
            Expr value = new ColumnExpr(name);
            if (kind is JoinKind.Right or JoinKind.Full && twice.TryGetValue(name, out var other)) value = new CallExpr(Functions.Coalesce, [value, new ColumnExpr(other)]);
            columns.Add(new NamedExpr(name, value));
        }
        return new(new Project(join, [.. columns]));
    }
}
