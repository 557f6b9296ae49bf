using System.Linq.Expressions;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Rows that look at those around them.</summary>
public sealed class WindowedFrame<T>
{
    readonly Frame<T> frame;
    readonly Sequence<Expr> partition;
    readonly Sequence<SortKey> order;

    internal WindowedFrame(Frame<T> frame, Sequence<Expr> partition, Sequence<SortKey> order) => (this.frame, this.partition, this.order) = (frame, partition, order);

    /// <summary>In this order, in the place of one said before.</summary>
    public WindowedFrame<T> OrderBy<TKey>(Expression<Func<T, TKey>> key) => new(frame, partition, frame.SortKeys(key));

    /// <inheritdoc cref="OrderBy"/>
    public WindowedFrame<T> OrderByDescending<TKey>(Expression<Func<T, TKey>> key) => new(frame, partition, frame.SortKeys(key, descending: true));

    /// <inheritdoc cref="OrderedFrame{T}.ThenBy"/>
    public WindowedFrame<T> ThenBy<TKey>(Expression<Func<T, TKey>> key) => new(frame, partition, [.. order, .. frame.SortKeys(key)]);

    /// <inheritdoc cref="OrderedFrame{T}.ThenBy"/>
    public WindowedFrame<T> ThenByDescending<TKey>(Expression<Func<T, TKey>> key) => new(frame, partition, [.. order, .. frame.SortKeys(key, descending: true)]);

    /// <inheritdoc cref="OrderedFrame{T}.NullsFirst"/>
    public WindowedFrame<T> NullsFirst() => new(frame, partition, order.WithNullsFirst());

    /// <summary>Another row for each row, of what it has itself and what is near it.</summary>
    public Frame<TResult> Select<TResult>(Expression<Func<T, Near<T>, TResult>> row)
    {
        var scope = RowScope.Of(typeof(T), frame.Schema);
        var translator = new LambdaTranslator(frame.Schema, (row.Parameters[0], scope), (row.Parameters[1], new WindowScope(scope, partition, order)));
        return new(new Project(frame.Plan, translator.Row(row.Body)));
    }
}
