using Millrace.Plans;

namespace Millrace.Data;

public readonly partial struct Value
{
    /// <summary>Of an aggregate: only the rows for which this holds count.</summary>
    public Value Where(Value condition) => With(Inner with { Where = Inner.Where is { } also ? new CallExpr(Functions.And, [also, condition.Expr]) : condition.Expr });

    /// <summary>Of first, last, list and join: the order in which the group's values stand.</summary>
    public Value By(params ReadOnlySpan<Order> order) => With(Inner with { OrderBy = Order.Keys(order) });

    /// <summary>Of an aggregate: equal values count once.</summary>
    public Value Distinct() => With(Inner with { Distinct = true });

    /// <summary>
    /// An aggregate or a rank over the rows near each row, one result a row: those with the same partition, in that
    /// order. With an order, aggregates run up to the current row unless <paramref name="rows"/> says otherwise.
    /// </summary>
    public Value Over(Sequence<string> partition = default, Sequence<Order> order = default, WindowFrame? rows = null)
    {
        if (Expr is not (AggregateExpr or RankExpr)) throw new PlanException("Over(...) goes with an aggregate or a rank: Sum(\"x\").Over(...), RowNumber().Over(...).");
        return With(new WindowExpr(Expr, [.. partition.Select(p => new ColumnExpr(p))], Order.Keys(order.AsSpan()), rows));
    }

    AggregateExpr Inner => Expr as AggregateExpr
        ?? throw new PlanException("Where, By and Distinct go with an aggregate: Sum(\"x\").Where(...). To choose rows of a frame, use the frame's verbs.");
}

/// <summary>The rows around the current one that a window takes in.</summary>
public static class Rows
{
    /// <summary>The current row and those before it, so many in all: a moving window.</summary>
    public static WindowFrame Last(int count) => count >= 1 ? new(1 - count, 0) : throw new ArgumentOutOfRangeException(nameof(count), count, "A window holds at least one row.");

    /// <param name="before">Rows before the current one; null for all.</param>
    /// <param name="after">Rows after it; null for all.</param>
    public static WindowFrame Around(int? before, int? after) => new(-before, after);

    /// <summary>All rows of the partition.</summary>
    public static WindowFrame All { get; } = new(null, null);

    /// <summary>From the partition's first row to this one.</summary>
    public static WindowFrame UpToHere { get; } = new(null, 0);
}
