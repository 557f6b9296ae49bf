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

    /// <summary>One row of those that have the key in common: the first or the last.</summary>
    /// <param name="orderBy">What is first; without it, the order of the frame. For other directions: <c>GroupBy(...).OrderByDescending(...).First()</c>.</param>
    public Frame<T> DistinctBy<TKey>(Expression<Func<T, TKey>> key, Keep keep = Keep.First, Expression<Func<T, object?>>? orderBy = null) =>
        new(new Deduplicate(Plan, ColumnsOf(key), keep, orderBy is null ? default : SortKeys(orderBy)));

    /// <inheritdoc cref="Frame.DeduplicateNearly"/>
    public Frame<T> DeduplicateNearly(Expression<Func<T, string?>> text, int distance, Expression<Func<T, object?>>? within = null) =>
        new(new DeduplicateNearly(Plan, ColumnOf(text), distance, within is null ? default : ColumnsOf(within)));

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
        new(this, KeyParts(key), keyIsValue: LambdaTranslator.Members(key.Body) is null && RowShape.IsSingle(typeof(TKey)));

    /// <summary>The whole frame as one row of aggregates: <c>Aggregate(g => new { Rows = g.Count(), Mean = g.Average(r => r.Celsius) })</c>.</summary>
    public Frame<TResult> Aggregate<TResult>(Expression<Func<Group<T>, TResult>> row) => GroupedFrame<object, T>.Selected<TResult>(Plan, [], false, row);

    /// <summary>Looks from each row at all others; say with <c>OrderByDescending(...)</c> in which order, and with <c>Select((row, near) => ...)</c> what is wanted.</summary>
    public WindowedFrame<T> Over() => new(this, [], []);

    /// <summary>Looks from each row at those around it; say with <c>Select((row, near) => ...)</c> what is wanted.</summary>
    /// <param name="order">Ascending; for another, <c>Over().OrderByDescending(...)</c>.</param>
    public WindowedFrame<T> Over<TOrder>(Expression<Func<T, TOrder>> order) => new(this, [], SortKeys(order));

    /// <inheritdoc cref="Over{TOrder}"/>
    public WindowedFrame<T> Over<TPartition, TOrder>(Expression<Func<T, TPartition>> partition, Expression<Func<T, TOrder>> order) =>
        new(this, [.. KeyParts(partition).Select(k => k.Value)], SortKeys(order));

    /// <summary>All rows with which a row has the partition in common; <c>OrderBy(...)</c> says in which order.</summary>
    public WindowedFrame<T> Within<TPartition>(Expression<Func<T, TPartition>> partition) => new(this, [.. KeyParts(partition).Select(k => k.Value)], []);

    Expr Translated(LambdaExpression lambda) => LambdaTranslator.Value(lambda, Schema);

    OrderedFrame<T> Ordered(LambdaExpression key, bool descending) => new(Plan, SortKeys(key, descending));

    /// <summary>The columns that a key is made of: one, or the members of a <c>new { ... }</c>.</summary>
    internal Sequence<NamedExpr> KeyParts(LambdaExpression key)
    {
        key = Bare(key);
        return LambdaTranslator.Row(key, Schema) is [var single] && LambdaTranslator.Members(key.Body) is null
            ? [single with { Name = "key" }]
            : LambdaTranslator.Row(key, Schema);
    }

    internal Sequence<SortKey> SortKeys(LambdaExpression key, bool descending = false) => [.. KeyParts(key).Select(k => new SortKey(k.Value, descending))];

    /// <summary>The names of the columns that a lambda chooses: one, or the members of a <c>new { ... }</c>.</summary>
    internal Sequence<string> ColumnsOf(LambdaExpression columns) => [.. KeyParts(columns).Select(k => k.Value is ColumnExpr column
        ? column.Name
        : throw new PlanException($"'{k.Value}' is computed, and here stand columns. Select it into a column first."))];

    internal string ColumnOf(LambdaExpression column) => ColumnsOf(column) is [var only] ? only : throw new PlanException($"'{LambdaText.Of(column.Body)}' is several columns, and here stands one.");

    // Without what C# says to make a number an object, or one that may be null.
    static LambdaExpression Bare(LambdaExpression lambda)
    {
        var body = lambda.Body;
        while (body is UnaryExpression { NodeType: ExpressionType.Convert } convert && (convert.Type == typeof(object) || Nullable.GetUnderlyingType(convert.Type) == convert.Operand.Type)) body = convert.Operand;
        return body == lambda.Body ? lambda : Expression.Lambda(body, lambda.Parameters);
    }
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

    /// <summary>Nulls of the last key come first; without this they come last, in both directions.</summary>
    public OrderedFrame<T> NullsFirst() => new(unordered, keys.WithNullsFirst());

    OrderedFrame<T> Then(LambdaExpression key, bool descending) => new(unordered, [.. keys, .. SortKeys(key, descending)]);
}
