using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// The rows around the current one, for lambdas that become part of a plan: its methods have no bodies of their own.
/// Sums and their like run over the rows up to this one or, without an order, over all of the partition.
/// </summary>
public sealed class Near<T>
{
    Near() { }

    /// <summary>Only these rows of those around, for counts, sums and their like.</summary>
    public Near<T> Where(Func<T, bool> condition) => throw OnlyInPlans();

    /// <summary>Other rows than those up to this one: <c>near.Among(Rows.Last(3)).Average(r => r.Celsius)</c>.</summary>
    public Near<T> Among(WindowFrame rows) => throw OnlyInPlans();

    public long RowNumber() => throw OnlyInPlans();
    public long Rank() => throw OnlyInPlans();
    public long DenseRank() => throw OnlyInPlans();
    public double PercentRank() => throw OnlyInPlans();
    public double CumulativeShare() => throw OnlyInPlans();
    public long Bucket(int buckets) => throw OnlyInPlans();

    /// <summary>The value of the row before; null where there is none, so that a number's lambda says <c>(int?)r.X</c>.</summary>
    public TValue? Lag<TValue>(Func<T, TValue> value) => throw OnlyInPlans();
    public TValue? Lag<TValue>(Func<T, TValue> value, int rows) => throw OnlyInPlans();
    public TValue Lag<TValue>(Func<T, TValue> value, int rows, TValue otherwise) => throw OnlyInPlans();
    public TValue? Lead<TValue>(Func<T, TValue> value) => throw OnlyInPlans();
    public TValue? Lead<TValue>(Func<T, TValue> value, int rows) => throw OnlyInPlans();
    public TValue Lead<TValue>(Func<T, TValue> value, int rows, TValue otherwise) => throw OnlyInPlans();
    public TValue FirstValue<TValue>(Func<T, TValue> value) => throw OnlyInPlans();
    public TValue LastValue<TValue>(Func<T, TValue> value) => throw OnlyInPlans();

    /// <summary>The nearest value at or before this row that isn't null.</summary>
    public TValue? LastKnown<TValue>(Func<T, TValue> value) => throw OnlyInPlans();
    public TValue? NextKnown<TValue>(Func<T, TValue> value) => throw OnlyInPlans();

    public long Count() => throw OnlyInPlans();
    public long Count(Func<T, bool> condition) => throw OnlyInPlans();

    public long Sum(Func<T, int> value) => throw OnlyInPlans();
    public long Sum(Func<T, long> value) => throw OnlyInPlans();
    public double Sum(Func<T, double> value) => throw OnlyInPlans();
    public decimal Sum(Func<T, decimal> value) => throw OnlyInPlans();
    public TimeSpan Sum(Func<T, TimeSpan> value) => throw OnlyInPlans();

    /// <summary>Null where no value around is known.</summary>
    public long? Sum(Func<T, int?> value) => throw OnlyInPlans();
    public long? Sum(Func<T, long?> value) => throw OnlyInPlans();
    public double? Sum(Func<T, double?> value) => throw OnlyInPlans();
    public decimal? Sum(Func<T, decimal?> value) => throw OnlyInPlans();

    public double Average(Func<T, int> value) => throw OnlyInPlans();
    public double Average(Func<T, long> value) => throw OnlyInPlans();
    public double Average(Func<T, double> value) => throw OnlyInPlans();
    public double Average(Func<T, decimal> value) => throw OnlyInPlans();
    public double? Average(Func<T, int?> value) => throw OnlyInPlans();
    public double? Average(Func<T, long?> value) => throw OnlyInPlans();
    public double? Average(Func<T, double?> value) => throw OnlyInPlans();
    public double? Average(Func<T, decimal?> value) => throw OnlyInPlans();
    public TValue Min<TValue>(Func<T, TValue> value) => throw OnlyInPlans();
    public TValue Max<TValue>(Func<T, TValue> value) => throw OnlyInPlans();

    static NotSupportedException OnlyInPlans() =>
        new("This says what a plan does and can't be called. Use it inside the lambda of a frame's verb, and there not inside other code.");
}
