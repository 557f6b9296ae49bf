using System.Linq.Expressions;
using Millrace.Plans;

namespace Millrace.Data;

// Groups whose rows are wanted, and not what can be computed of them.
public sealed partial class GroupedFrame<TKey, T>
{
    /// <summary>The order of the rows in each group, for <see cref="First"/>, <see cref="Last"/> and lists of rows.</summary>
    public GroupedFrame<TKey, T> OrderBy<TOrder>(Expression<Func<T, TOrder>> key) => Ordered(frame.SortKeys(key));

    /// <inheritdoc cref="OrderBy"/>
    public GroupedFrame<TKey, T> OrderByDescending<TOrder>(Expression<Func<T, TOrder>> key) => Ordered(frame.SortKeys(key, descending: true));

    /// <inheritdoc cref="OrderedFrame{T}.ThenBy"/>
    public GroupedFrame<TKey, T> ThenBy<TOrder>(Expression<Func<T, TOrder>> key) => Ordered([.. order, .. frame.SortKeys(key)]);

    /// <inheritdoc cref="OrderedFrame{T}.ThenBy"/>
    public GroupedFrame<TKey, T> ThenByDescending<TOrder>(Expression<Func<T, TOrder>> key) => Ordered([.. order, .. frame.SortKeys(key, descending: true)]);

    /// <inheritdoc cref="OrderedFrame{T}.NullsFirst"/>
    public GroupedFrame<TKey, T> NullsFirst() => Ordered(order.WithNullsFirst());

    /// <summary>One of the rows of each group: the first in order or, without one, in the frame.</summary>
    public Frame<T> First() => new(new Deduplicate(frame.Plan, ColumnKeys(), Keep.First, order));

    /// <inheritdoc cref="First"/>
    public Frame<T> Last() => new(new Deduplicate(frame.Plan, ColumnKeys(), Keep.Last, order));

    /// <summary>The rows of each group as a list: <c>GroupBy(p => p.City).Nest((city, people) => new { City = city, People = people })</c>.</summary>
    public Frame<TResult> Nest<TResult>(Expression<Func<TKey, List<T>, TResult>> row) => Nested<TResult>([.. frame.Schema.Names], typeof(List<T>), row);

    /// <summary>Some columns of the rows of each group as a list: <c>Nest(p => new { p.Name }, (city, names) => new { ... })</c>.</summary>
    public Frame<TResult> Nest<TItem, TResult>(Expression<Func<T, TItem>> item, Expression<Func<TKey, List<TItem>, TResult>> row)
    {
        var columns = frame.ColumnsOf(item);
        if (LambdaTranslator.Members(item.Body) is not { } members || !members.Select(m => m.Name).SequenceEqual(columns, StringComparer.OrdinalIgnoreCase))
            throw new PlanException($"'{LambdaText.Of(item.Body)}' isn't columns under their own names, as a list of rows needs them: r => new {{ r.A, r.B }}. For a list of values, Select(g => g.ToList(...)).");
        return Nested<TResult>(columns, typeof(List<TItem>), row);
    }

    Frame<TResult> Nested<TResult>(Sequence<string> columns, Type list, LambdaExpression row)
    {
        var names = ColumnKeys();
        var name = row.Parameters[1].Name!;
        while (frame.Schema.Contains(name)) name += "_";
        // As the names of columns say it: all but the keys needs no word.
        Sequence<string> others = [.. frame.Schema.Names.Except(names)];
        var nest = new Nest(frame.Plan, names, name, columns == others ? default : columns, order);
        Sequence<Expr> values = [.. names.Select(n => new ColumnExpr(n))];
        var fields = keyIsValue
            ? [nest.Schema[names[0]] with { Name = RowShape.SingleColumn }]
            : keys.Zip(names, (k, n) => nest.Schema[n] with { Name = k.Name });
        var key = new RowScope(typeof(TKey), new Schema(fields), values);
        return new(new Project(nest, new LambdaTranslator(nest.Schema, (row.Parameters[0], key), (row.Parameters[1], RowScope.OfColumn(list, nest.Schema, name))).Row(row.Body)));
    }

    GroupedFrame<TKey, T> Ordered(Sequence<SortKey> by) => new(frame, keys, keyIsValue, by);

    Sequence<string> ColumnKeys() => [.. keys.Select(k => k.Value is ColumnExpr column
        ? column.Name
        : throw new PlanException($"The key '{k.Name}' is computed. Select it into a column first and group by that."))];
}
