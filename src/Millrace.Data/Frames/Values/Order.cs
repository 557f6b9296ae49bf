using Millrace.Plans;

namespace Millrace.Data;

/// <summary>What rows are ordered by: a column, ascending, or a value with a direction. Nulls come last unless said.</summary>
public readonly record struct Order
{
    Order(SortKey key) => Key = key;

    internal SortKey Key { get; }

    public Order NullsFirst() => new(Key with { NullsFirst = true });

    public static implicit operator Order(string column) => new(new SortKey(new ColumnExpr(column)));
    public static implicit operator Order(Value value) => new(new SortKey(value.Expr));

    internal static Order Descending(Value value) => new(new SortKey(value.Expr, Descending: true));

    internal static Sequence<SortKey> Keys(ReadOnlySpan<Order> order)
    {
        var keys = new SortKey[order.Length];
        for (var i = 0; i < keys.Length; i++) keys[i] = order[i].Key;
        return [.. keys];
    }
}

static class SortKeys
{
    internal static Sequence<SortKey> WithNullsFirst(this Sequence<SortKey> keys) => keys.Count == 0
        ? throw new PlanException("There is no order yet whose nulls could come first. Say OrderBy(...) before NullsFirst().")
        : [.. keys.Take(keys.Count - 1), keys[^1] with { NullsFirst = true }];
}

public readonly partial struct Value
{
    /// <summary>For an order: the greatest first.</summary>
    public Order Descending() => Order.Descending(this);
}
