using System.Linq.Expressions;
using System.Text.Json.Serialization;
using Millrace.Plans;

namespace Millrace.Data;

public partial class Frame<T>
{
    /// <inheritdoc cref="Frame.Where"/>
    public Frame<T> Where(Expression<Func<T, bool>> condition) => new(new Filter(Plan, Translated(condition)));

    /// <inheritdoc cref="Frame.Where"/>
    public new Frame<T> Where(Value condition) => new(base.Where(condition).Plan);

    /// <summary>Another row for each row: an anonymous type, a record, a single value.</summary>
    public Frame<TResult> Select<TResult>(Expression<Func<T, TResult>> row) => new(new Project(Plan, LambdaTranslator.Row(row, Schema)));

    /// <inheritdoc cref="Frame.With(string, Value)"/>
    public Frame With<TValue>(string name, Expression<Func<T, TValue>> value) => With(name, new Value(Translated(value)));

    public OrderedFrame<T> OrderBy<TKey>(Expression<Func<T, TKey>> key) => Ordered(key, false);
    public OrderedFrame<T> OrderByDescending<TKey>(Expression<Func<T, TKey>> key) => Ordered(key, true);

    /// <inheritdoc cref="Frame.OrderBy"/>
    public new Frame<T> OrderBy(params Sequence<Order> order) => new(base.OrderBy(order).Plan);

    public new Frame<T> Take(long rows) => new(base.Take(rows).Plan);

    /// <inheritdoc cref="Frame.Head"/>
    public new Frame<T> Head(long rows = 5) => Take(rows);
    public new Frame<T> Skip(long rows) => new(base.Skip(rows).Plan);

    /// <inheritdoc cref="Frame.Tail"/>
    public new Frame<T> Tail(long rows = 5) => new(base.Tail(rows).Plan);

    /// <inheritdoc cref="Frame.Sample"/>
    public new Frame<T> Sample(double share, int seed = 0) => new(base.Sample(share, seed).Plan);

    /// <inheritdoc cref="Frame.Distinct"/>
    public new Frame<T> Distinct() => new(base.Distinct().Plan);

    /// <summary>One row of those that have the key in common: the first, or the last; by their order in the frame.</summary>
    public Frame<T> DistinctBy<TKey>(Expression<Func<T, TKey>> key, Keep keep = Keep.First) =>
        new(new Deduplicate(Plan, [.. KeyParts(key).Select(k => k.Value is ColumnExpr column ? column.Name : throw new PlanException($"The key '{k.Name}' is computed. Select it into a column first."))], keep));

    /// <inheritdoc cref="Frame.Check"/>
    public Frame<T> Check(string rule, Expression<Func<T, bool>> condition, string? column = null)
    {
        var holds = Translated(condition);
        // A rule about one column shows that column's value.
        return new(new Check(Plan, rule, holds, column is not null ? Name(column) : holds.ColumnNames.ToList() is [var only] ? only : null));
    }

    /// <inheritdoc cref="Frame.Require"/>
    public Frame<T> Require(string rule, Expression<Func<T, bool>> condition)
    {
        var holds = Translated(condition);
        return new(new Check(Plan, rule, holds, holds.ColumnNames.ToList() is [var only] ? only : null, Fail: true));
    }

    /// <inheritdoc cref="Frame.UnionAll"/>
    public Frame<T> UnionAll(Frame<T> other) => new(base.UnionAll(other).Plan);

    /// <inheritdoc cref="Frame.Union"/>
    public Frame<T> Union(Frame<T> other) => new(base.Union(other).Plan);
    public Frame<T> Intersect(Frame<T> other) => new(base.Intersect(other).Plan);
    public Frame<T> Except(Frame<T> other) => new(base.Except(other).Plan);

    /// <summary>Groups of rows that have the key in common; say with <c>Select(g => ...)</c> what is wanted of each.</summary>
    public GroupedFrame<TKey, T> GroupBy<TKey>(Expression<Func<T, TKey>> key) =>
        new(Plan, KeyParts(key), keyIsValue: LambdaTranslator.Members(key.Body) is null && RowShape.IsSingle(typeof(TKey)));

    /// <summary>The whole frame as one row of aggregates: <c>Aggregate(g => new { Rows = g.Count(), Mean = g.Average(r => r.Celsius) })</c>.</summary>
    public Frame<TResult> Aggregate<TResult>(Expression<Func<Group<T>, TResult>> row) => GroupedFrame<object, T>.Selected<TResult>(Plan, [], false, row);

    /// <summary>Looks from each row at those around it; say with <c>Select((row, near) => ...)</c> what is wanted.</summary>
    public WindowedFrame<T> Over<TOrder>(Expression<Func<T, TOrder>> order) => new(Plan, [], [new SortKey(Translated(order))]);

    /// <inheritdoc cref="Over{TOrder}"/>
    public WindowedFrame<T> Over<TPartition, TOrder>(Expression<Func<T, TPartition>> partition, Expression<Func<T, TOrder>> order) =>
        new(Plan, [.. KeyParts(partition).Select(k => k.Value)], [new SortKey(Translated(order))]);

    /// <summary>All rows with which a row has the partition in common.</summary>
    public WindowedFrame<T> Within<TPartition>(Expression<Func<T, TPartition>> partition) => new(Plan, [.. KeyParts(partition).Select(k => k.Value)], []);

    /// <summary>A row for each item of a list, beside the row it came from.</summary>
    public Frame<TResult> SelectMany<TItem, TResult>(Expression<Func<T, IEnumerable<TItem>>> list, Expression<Func<T, TItem, TResult>> row)
    {
        const string item = "$item";
        var items = new Flatten(new Compute(Plan, [new NamedExpr(item, Translated(list))]), item);
        var right = RowShape.Of<TItem>() is { IsSingleValue: true }
            ? new RowScope(typeof(TItem), new Schema(items.Schema[item] with { Name = RowShape.SingleColumn }), [item])
            : throw new PlanException($"The items are {TypeName.Of(typeof(TItem))}. Flatten(\"...\") the column by its name, then As<T>() the rows.");
        var translator = new LambdaTranslator(items.Schema, (row.Parameters[0], RowScope.Of(typeof(T), Schema)), (row.Parameters[1], right));
        return new(new Project(items, translator.Row(row.Body)));
    }

    Expr Translated(LambdaExpression lambda) => LambdaTranslator.Value(lambda, Schema);

    OrderedFrame<T> Ordered(LambdaExpression key, bool descending) =>
        new(Plan, [.. KeyParts(key).Select(k => new SortKey(k.Value, descending))]);

    /// <summary>The columns that a key is made of: one, or the members of a <c>new { ... }</c>.</summary>
    internal Sequence<NamedExpr> KeyParts(LambdaExpression key) => LambdaTranslator.Row(key, Schema) is [{ Name: RowShape.SingleColumn } single] && LambdaTranslator.Members(key.Body) is null
        ? [single with { Name = "key" }]
        : LambdaTranslator.Row(key, Schema);
}

/// <summary>A frame in order, which may be refined.</summary>
[JsonConverter(typeof(FrameJson))]
public sealed class OrderedFrame<T> : Frame<T>
{
    readonly Sequence<SortKey> keys;
    readonly Relation unordered;

    internal OrderedFrame(Relation unordered, Sequence<SortKey> keys) : base(new Sort(unordered, keys)) => (this.unordered, this.keys) = (unordered, keys);

    public OrderedFrame<T> ThenBy<TKey>(Expression<Func<T, TKey>> key) => Then(key, false);
    public OrderedFrame<T> ThenByDescending<TKey>(Expression<Func<T, TKey>> key) => Then(key, true);

    OrderedFrame<T> Then(LambdaExpression key, bool descending) => new(unordered, [.. keys, .. KeyParts(key).Select(k => new SortKey(k.Value, descending))]);
}
