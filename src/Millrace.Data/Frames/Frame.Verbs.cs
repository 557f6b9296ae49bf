using Millrace.Plans;

namespace Millrace.Data;

public partial class Frame
{
    /// <summary>The rows for which the condition is true; where it is null, it isn't.</summary>
    public Frame Where(Value condition) => new(new Filter(Plan, PlainCondition(condition)));

    /// <summary>Exactly these columns: by name, or computed and named by <see cref="Value.As"/>.</summary>
    public Frame Select(params Sequence<Pick> columns) => new(new Project(Plan, Picked(columns)));

    /// <summary>A column more, or another value in one there is.</summary>
    public Frame With(string name, Value value) => With((name, value));

    /// <inheritdoc cref="With(string, Value)"/>
    public Frame With(params Sequence<Pick> columns) => new(new Compute(Plan, Picked(columns)));

    public Frame Drop(params Sequence<string> columns) => new(new Drop(Plan, Names(columns)));

    public Frame Rename(string from, string to) => Rename((from, to));

    public Frame Rename(params Sequence<(string From, string To)> names) =>
        new(new Rename(Plan, [.. names.Select(n => new ColumnRename(Name(n.From), n.To))]));

    /// <summary>These columns first; the others after them.</summary>
    public Frame Reorder(params Sequence<string> first) => new(new Reorder(Plan, Names(first)));

    /// <summary>Another type for a column; a value that doesn't fit fails the run.</summary>
    public Frame Cast(string column, DataType type) => With(column, Columns.Col(column).Cast(type));

    /// <summary>Rows in order: <c>OrderBy("city", Col("age").Descending())</c>.</summary>
    public Frame OrderBy(params Sequence<Order> order) => new(new Sort(Plan, Keys(order)));

    public Frame Take(long rows) => new(new Limit(Plan, AtLeastNone(rows)));

    /// <summary>The first rows: a look at what is there.</summary>
    public Frame Head(long rows = 5) => Take(rows);

    public Frame Skip(long rows) => new(new Limit(Plan, null, AtLeastNone(rows)));

    /// <summary>The last rows, in their order.</summary>
    public Frame Tail(long rows = 5) => new(LastOf(Plan, AtLeastNone(rows)));

    /// <summary>About that share of the rows, the same each time for the same seed.</summary>
    public Frame Sample(double share, int seed = 0) => new(new Sample(Plan, share, seed));

    /// <summary>Each different row once.</summary>
    public Frame Distinct() => new(new Distinct(Plan));

    /// <summary>One row of those that are equal in these columns: the first, or what order and keep say.</summary>
    public Frame Deduplicate(Sequence<string> by, Keep keep = Keep.First, Sequence<Order> order = default) =>
        new(new Deduplicate(Plan, Names(by), keep, Keys(order)));

    /// <summary>Drops rows whose text is at most so many edits away from an earlier row's.</summary>
    /// <param name="within">Only rows equal in these columns are compared: without them, each with each.</param>
    public Frame DeduplicateNearly(string column, int distance, Sequence<string> within = default) =>
        new(new DeduplicateNearly(Plan, Name(column), distance, Names(within)));

    /// <summary>Refuses rows for which the condition isn't true: they go to the run's rejects.</summary>
    /// <param name="rule">What holds for good rows, in a few words: <c>"amount is positive"</c>.</param>
    /// <param name="column">The column whose value a reject shows.</param>
    public Frame Check(string rule, Value condition, string? column = null) =>
        new(new Check(Plan, rule, PlainCondition(condition), column is null ? null : Name(column)));

    /// <summary>Ends the run at the first row for which the condition isn't true.</summary>
    public Frame Require(string rule, Value condition, string? column = null) =>
        new(new Check(Plan, rule, PlainCondition(condition), column is null ? null : Name(column), Fail: true));

    /// <summary>One row for each group of rows that are equal in the keys; nulls are equal here.</summary>
    public GroupedFrame GroupBy(params Sequence<Pick> keys) => new(this, Picked(keys));

    /// <summary>The whole frame as one row of aggregates.</summary>
    public Frame Aggregate(params Sequence<Pick> values) => new GroupedFrame(this, []).Aggregate(values);

    private protected static long AtLeastNone(long rows) =>
        rows >= 0 ? rows : throw new ArgumentOutOfRangeException(nameof(rows), rows, "A number of rows is 0 or more.");

    private protected static Relation LastOf(Relation plan, long rows)
    {
        const string number = "$number", total = "$total";
        var place = new WindowExpr(new RankExpr(RankKind.RowNumber, []), [], []);
        var count = new WindowExpr(new AggregateExpr(Millrace.Plans.Aggregate.Count, []), [], []);
        var numbered = new Compute(plan, [new NamedExpr(number, place), new NamedExpr(total, count)]);
        var last = Columns.Col(number) > Columns.Col(total) - rows;
        return new Drop(new Filter(numbered, last.Expr), [number, total]);
    }

    /// <summary>The expression with its columns as the schema spells them.</summary>
    internal Expr Resolved(Expr expr) => expr.Rewrite(part => part is ColumnExpr column && Schema.TryIndexOf(column.Name, out var at) ? new ColumnExpr(Schema[at].Name) : part);

    internal Sequence<NamedExpr> Picked(Sequence<Pick> picks) => [.. Pick.Of(picks.AsSpan(), Schema).Select(p => p with { Value = Resolved(p.Value) })];

    internal Sequence<SortKey> Keys(Sequence<Order> order) => [.. Order.Keys(order.AsSpan()).Select(k => k with { Value = Resolved(k.Value) })];

    internal string Name(string column) => Schema[column].Name;

    internal Sequence<string> Names(Sequence<string> columns) => [.. columns.Select(Name)];

    Expr PlainCondition(Value condition) => condition.Expr.All().Any(e => e is AggregateExpr) && !condition.Expr.All().Any(e => e is WindowExpr)
        ? throw new PlanException("A condition on rows can't hold an aggregate. Aggregate first and choose among the groups, or say Over(...) what the aggregate runs over.")
        : Resolved(condition.Expr);
}
