using System.Linq.Expressions;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Groups that wait for what is wanted of them.</summary>
public sealed partial class GroupedFrame<TKey, T>
{
    readonly Frame<T> frame;
    readonly Sequence<NamedExpr> keys;
    readonly bool keyIsValue;
    readonly Sequence<SortKey> order;

    internal GroupedFrame(Frame<T> frame, Sequence<NamedExpr> keys, bool keyIsValue, Sequence<SortKey> order = default) => (this.frame, this.keys, this.keyIsValue, this.order) = (frame, keys, keyIsValue, order);

    /// <summary>A row for each group: parts of <c>g.Key</c> and aggregates, or values computed from those.</summary>
    public Frame<TResult> Select<TResult>(Expression<Func<Group<TKey, T>, TResult>> row) => Selected<TResult>(frame.Plan, keys, keyIsValue, row);

    internal static Frame<TResult> Selected<TResult>(Relation plan, Sequence<NamedExpr> keys, bool keyIsValue, LambdaExpression row)
    {
        var parts = keyIsValue ? new Dictionary<string, Expr> { [""] = keys[0].Value } : keys.ToDictionary(k => k.Name, k => k.Value);
        // A key's value is marked while the row is translated, so that it isn't taken for the column it was made from.
        var marked = parts.ToDictionary(p => p.Key, p => (Expr)new ColumnExpr(Mark(keyIsValue ? keys[0].Name : p.Key)));
        var shape = RowScope.Of(typeof(T), plan.Schema);
        var over = new Schema([.. plan.Schema, .. keys.Select(k => new Field(Mark(k.Name), k.Value.TypeIn(plan.Schema).Type))]);
        var columns = new LambdaTranslator(over, (row.Parameters[0], new GroupScope(shape, marked))).Row(row.Body);
        return new(Planned(plan, keys, columns));
    }

    // The plan that names would have made: where the row is keys and then aggregates, that is one step.
    static Relation Planned(Relation plan, Sequence<NamedExpr> keys, Sequence<NamedExpr> columns)
    {
        var leading = columns.TakeWhile((c, i) => i < keys.Count && c.Value is ColumnExpr column && column.Name == Mark(keys[i].Name)).Count();
        if (leading == keys.Count && columns.Skip(leading).All(c => IsAggregate(c.Value) && !c.Value.All().Any(IsKey)))
        {
            var named = keys.Zip(columns, (k, c) => k with { Name = c.Name }).ToSequence();
            return new Group(plan, named, columns.Skip(leading).ToSequence());
        }
        var values = new Dictionary<Expr, string>();
        var result = columns.Select(c => c with { Value = Outer(c.Value) }).ToSequence();
        return new Project(new Group(plan, keys, [.. values.Select(v => new NamedExpr(v.Value, v.Key))]), result);

        Expr Outer(Expr expr)
        {
            if (IsKey(expr)) return new ColumnExpr(((ColumnExpr)expr).Name[KeyMark.Length..]);
            if (expr is AggregateExpr)
            {
                if (!values.TryGetValue(expr, out var name)) values.Add(expr, name = $"$value{values.Count}");
                return new ColumnExpr(name);
            }
            return expr.Parts.Count == 0 ? expr : expr.WithParts([.. expr.Parts.Select(Outer)]);
        }
    }

    const string KeyMark = "$key.";

    static string Mark(string key) => KeyMark + key;

    static bool IsKey(Expr expr) => expr is ColumnExpr column && column.Name.StartsWith(KeyMark, StringComparison.Ordinal);

    static bool IsAggregate(Expr expr) => expr.All().Any(e => e is AggregateExpr);
}
