using System.Linq.Expressions;
using Millrace.Plans;

namespace Millrace.Data;

public partial class Frame<T>
{
    /// <summary>Rows that have their keys in common, as in LINQ. A key of several parts is a <c>new { ... }</c> on both sides.</summary>
    public Frame<TResult> Join<TRight, TKey, TResult>(Frame<TRight> right, Expression<Func<T, TKey>> leftKey, Expression<Func<TRight, TKey>> rightKey, Expression<Func<T, TRight, TResult>> row) =>
        Joined(right, JoinKind.Inner, leftKey, rightKey, row);

    /// <summary>All rows of this frame; where the other has none to match, it is null in the result's lambda.</summary>
    public Frame<TResult> LeftJoin<TRight, TKey, TResult>(Frame<TRight> right, Expression<Func<T, TKey>> leftKey, Expression<Func<TRight, TKey>> rightKey, Expression<Func<T, TRight, TResult>> row) =>
        Joined(right, JoinKind.Left, leftKey, rightKey, row);

    public Frame<TResult> RightJoin<TRight, TKey, TResult>(Frame<TRight> right, Expression<Func<T, TKey>> leftKey, Expression<Func<TRight, TKey>> rightKey, Expression<Func<T, TRight, TResult>> row) =>
        Joined(right, JoinKind.Right, leftKey, rightKey, row);

    public Frame<TResult> FullJoin<TRight, TKey, TResult>(Frame<TRight> right, Expression<Func<T, TKey>> leftKey, Expression<Func<TRight, TKey>> rightKey, Expression<Func<T, TRight, TResult>> row) =>
        Joined(right, JoinKind.Full, leftKey, rightKey, row);

    /// <inheritdoc cref="Frame.SemiJoin"/>
    public Frame<T> SemiJoin<TRight, TKey>(Frame<TRight> right, Expression<Func<T, TKey>> leftKey, Expression<Func<TRight, TKey>> rightKey) =>
        new(new Join(Plan, right.Plan, JoinKind.Semi, Keys(right, leftKey, rightKey)));

    /// <inheritdoc cref="Frame.AntiJoin"/>
    public Frame<T> AntiJoin<TRight, TKey>(Frame<TRight> right, Expression<Func<T, TKey>> leftKey, Expression<Func<TRight, TKey>> rightKey) =>
        new(new Join(Plan, right.Plan, JoinKind.Anti, Keys(right, leftKey, rightKey)));

    /// <inheritdoc cref="Frame.CrossJoin"/>
    public Frame<TResult> CrossJoin<TRight, TResult>(Frame<TRight> right, Expression<Func<T, TRight, TResult>> row) =>
        Selected(new Join(Plan, right.Plan, JoinKind.Cross), right, row);

    /// <summary>Each row with the last row of the other at or before it.</summary>
    public Frame<TResult> AsOfJoin<TRight, TOrder, TResult>(Frame<TRight> right, Expression<Func<T, TOrder>> leftOrder, Expression<Func<TRight, TOrder>> rightOrder, Expression<Func<T, TRight, TResult>> row) =>
        Selected(new Join(Plan, right.Plan, JoinKind.AsOf, AsOf: new JoinKey(Translated(leftOrder), right.Translated(rightOrder))), right, row);

    /// <summary>Each row with the last row of the other at or before it that has the key in common.</summary>
    public Frame<TResult> AsOfJoin<TRight, TOrder, TKey, TResult>(Frame<TRight> right, Expression<Func<T, TOrder>> leftOrder, Expression<Func<TRight, TOrder>> rightOrder,
        Expression<Func<T, TKey>> leftKey, Expression<Func<TRight, TKey>> rightKey, Expression<Func<T, TRight, TResult>> row) =>
        Selected(new Join(Plan, right.Plan, JoinKind.AsOf, Keys(right, leftKey, rightKey), AsOf: new JoinKey(Translated(leftOrder), right.Translated(rightOrder))), right, row);

    /// <inheritdoc cref="Frame.Zip"/>
    public Frame<TResult> Zip<TRight, TResult>(Frame<TRight> right, Expression<Func<T, TRight, TResult>> row) =>
        Selected(new Join(Plan, right.Plan, JoinKind.Positional), right, row);

    Frame<TResult> Joined<TRight, TKey, TResult>(Frame<TRight> right, JoinKind kind, Expression<Func<T, TKey>> leftKey, Expression<Func<TRight, TKey>> rightKey, Expression<Func<T, TRight, TResult>> row) =>
        Selected(new Join(Plan, right.Plan, kind, Keys(right, leftKey, rightKey)), right, row);

    Sequence<JoinKey> Keys<TRight>(Frame<TRight> right, LambdaExpression leftKey, LambdaExpression rightKey)
    {
        var (left, other) = (KeyParts(leftKey), right.KeyParts(rightKey));
        return [.. left.Zip(other, (l, r) => new JoinKey(l.Value, r.Value))];
    }

    Frame<TResult> Selected<TRight, TResult>(Join join, Frame<TRight> right, Expression<Func<T, TRight, TResult>> row)
    {
        var names = join.RightNames;
        // A side that may be missing is known by its key: where that is null, no row was there.
        var key = join.Keys.Count > 0 ? join.Keys[0] : join.AsOf;
        var leftPresence = join.Kind is JoinKind.Right or JoinKind.Full ? key?.Left : null;
        var rightPresence = join.Kind is JoinKind.Left or JoinKind.Full or JoinKind.AsOf
            ? key?.Right.Rewrite(e => e is ColumnExpr column ? new ColumnExpr(names[right.Schema.IndexOf(column.Name)]) : e)
            : null;
        var leftScope = new RowScope(typeof(T), Schema, [.. Schema.Names.Select(n => new ColumnExpr(n))], leftPresence);
        var rightScope = new RowScope(typeof(TRight), right.Schema, [.. names.Select(n => new ColumnExpr(n))], rightPresence);
        var translator = new LambdaTranslator(join.Schema, (row.Parameters[0], leftScope), (row.Parameters[1], rightScope));
        return new(new Project(join, translator.Row(row.Body)));
    }
}
