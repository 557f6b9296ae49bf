using Millrace.Plans;

namespace Millrace.Data;

/// <summary>The words for values in verbs that name columns. Meant for <c>using static Millrace.Data.Columns;</c></summary>
public static class Columns
{
    public static Value Col(string name) => new(new ColumnExpr(name));
    public static Value Lit(object? value) => new(LiteralExpr.Of(value));

    /// <summary>Begins a choice: <c>When(condition).Then(value).Otherwise(value)</c>; without an otherwise, null.</summary>
    public static Choice.Condition When(Value condition) => new([], condition.Expr);

    /// <summary>The least of the values that aren't null.</summary>
    public static Value Least(params ReadOnlySpan<Value> values) => new(new CallExpr(Functions.Least, Exprs(values)));
    public static Value Greatest(params ReadOnlySpan<Value> values) => new(new CallExpr(Functions.Greatest, Exprs(values)));

    /// <summary>One column that holds several named values.</summary>
    public static Value Struct(params ReadOnlySpan<Pick> values)
    {
        var fields = new NamedExpr[values.Length];
        for (var i = 0; i < fields.Length; i++) fields[i] = values[i].Named;
        return new(new StructExpr([.. fields]));
    }

    /// <summary>A C# function of two values, called back for each row where neither is null.</summary>
    public static Value Apply<TFirst, TSecond, TOut>(Value first, Value second, Func<TFirst, TSecond, TOut> function) =>
        new(Callbacks.Of(function, first.Expr, second.Expr));

    /// <summary>All rows, as <c>count</c>.</summary>
    public static Value Count() => new(new AggregateExpr(Aggregate.Count, []));

    /// <summary>The rows where the column isn't null.</summary>
    public static Value Count(string column) => Over(Aggregate.Count, Col(column));
    public static Value CountDistinct(string column) => CountDistinct(Col(column));
    public static Value CountDistinct(Value value) => new(new AggregateExpr(Aggregate.Count, [value.Expr], Distinct: true));
    public static Value Sum(string column) => Over(Aggregate.Sum, Col(column));
    public static Value Sum(Value value) => Over(Aggregate.Sum, value);
    public static Value Average(string column) => Over(Aggregate.Average, Col(column));
    public static Value Average(Value value) => Over(Aggregate.Average, value);
    public static Value Min(string column) => Over(Aggregate.Min, Col(column));
    public static Value Min(Value value) => Over(Aggregate.Min, value);
    public static Value Max(string column) => Over(Aggregate.Max, Col(column));
    public static Value Max(Value value) => Over(Aggregate.Max, value);

    /// <summary>The standard deviation of a sample.</summary>
    public static Value Deviation(string column) => Over(Aggregate.Deviation, Col(column));
    public static Value Deviation(Value value) => Over(Aggregate.Deviation, value);
    public static Value Variance(string column) => Over(Aggregate.Variance, Col(column));
    public static Value Variance(Value value) => Over(Aggregate.Variance, value);
    public static Value Median(string column) => Over(Aggregate.Median, Col(column));
    public static Value Median(Value value) => Over(Aggregate.Median, value);

    /// <param name="share">Between 0 and 1; between two values it interpolates.</param>
    public static Value Percentile(string column, double share) => Percentile(Col(column), share);
    public static Value Percentile(Value value, double share) => new(new AggregateExpr(Aggregate.Percentile, [value.Expr, LiteralExpr.Of(share)]));

    /// <summary>The first value, in the order that <see cref="Value.By"/> says.</summary>
    public static Value First(string column) => Over(Aggregate.First, Col(column));
    public static Value First(Value value) => Over(Aggregate.First, value);
    public static Value Last(string column) => Over(Aggregate.Last, Col(column));
    public static Value Last(Value value) => Over(Aggregate.Last, value);
    public static Value List(string column) => Over(Aggregate.List, Col(column));
    public static Value List(Value value) => Over(Aggregate.List, value);

    /// <summary>The texts of the group, one after the other with a separator between.</summary>
    public static Value Join(string column, string separator) => new(new AggregateExpr(Aggregate.Join, [new ColumnExpr(column), LiteralExpr.Of(separator)]));
    public static Value All(Value condition) => Over(Aggregate.All, condition);
    public static Value Any(Value condition) => Over(Aggregate.Any, condition);

    // Ranks: each needs an Over(...).
    public static Value RowNumber() => Rank(RankKind.RowNumber);
    public static Value Rank() => Rank(RankKind.Rank);
    public static Value DenseRank() => Rank(RankKind.DenseRank);
    public static Value PercentRank() => Rank(RankKind.PercentRank);
    public static Value CumulativeShare() => Rank(RankKind.CumulativeShare);
    public static Value Bucket(int buckets) => Rank(RankKind.Bucket, LiteralExpr.Of(buckets));

    /// <summary>The value of the row so many before this one; null where there is none.</summary>
    public static Value Lag(string column, int rows = 1) => Rank(RankKind.Lag, new ColumnExpr(column), LiteralExpr.Of(rows));
    public static Value Lag(string column, int rows, Value otherwise) => Rank(RankKind.Lag, new ColumnExpr(column), LiteralExpr.Of(rows), otherwise.Expr);
    public static Value Lead(string column, int rows = 1) => Rank(RankKind.Lead, new ColumnExpr(column), LiteralExpr.Of(rows));
    public static Value Lead(string column, int rows, Value otherwise) => Rank(RankKind.Lead, new ColumnExpr(column), LiteralExpr.Of(rows), otherwise.Expr);
    public static Value FirstValue(string column) => Rank(RankKind.FirstValue, new ColumnExpr(column));
    public static Value LastValue(string column) => Rank(RankKind.LastValue, new ColumnExpr(column));

    /// <summary>The nearest value at or before this row that isn't null.</summary>
    public static Value LastKnown(string column) => Rank(RankKind.LastKnown, new ColumnExpr(column));
    public static Value NextKnown(string column) => Rank(RankKind.NextKnown, new ColumnExpr(column));

    static Value Over(Aggregate aggregate, Value value) => new(new AggregateExpr(aggregate, [value.Expr]));
    static Value Rank(RankKind kind, params Sequence<Expr> arguments) => new(new RankExpr(kind, arguments));

    static Sequence<Expr> Exprs(ReadOnlySpan<Value> values)
    {
        var exprs = new Expr[values.Length];
        for (var i = 0; i < exprs.Length; i++) exprs[i] = values[i].Expr;
        return [.. exprs];
    }
}
