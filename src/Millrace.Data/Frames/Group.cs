using System.Linq.Expressions;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>The rows of a group, for lambdas that become part of a plan: its methods have no bodies of their own.</summary>
public class Group<T>
{
    private protected Group() { }

    /// <summary>Only these rows of the group.</summary>
    public Group<T> Where(Func<T, bool> condition) => throw OnlyInPlans();

    /// <summary>In this order, for first, last, lists and joined text.</summary>
    public Group<T> OrderBy<TKey>(Func<T, TKey> key) => throw OnlyInPlans();
    public Group<T> OrderByDescending<TKey>(Func<T, TKey> key) => throw OnlyInPlans();
    public Group<T> ThenBy<TKey>(Func<T, TKey> key) => throw OnlyInPlans();
    public Group<T> ThenByDescending<TKey>(Func<T, TKey> key) => throw OnlyInPlans();

    /// <summary>Nulls of the last key come first; without this they come last, in both directions.</summary>
    public Group<T> NullsFirst() => throw OnlyInPlans();

    public long Count() => throw OnlyInPlans();
    public long Count(Func<T, bool> condition) => throw OnlyInPlans();

    /// <summary>How many different values there are; null isn't one.</summary>
    public long CountDistinct<TValue>(Func<T, TValue> value) => throw OnlyInPlans();

    /// <summary>Whole numbers sum to a long; leaving its range is an error.</summary>
    public long Sum(Func<T, int> value) => throw OnlyInPlans();
    public long Sum(Func<T, long> value) => throw OnlyInPlans();
    public double Sum(Func<T, float> value) => throw OnlyInPlans();
    public double Sum(Func<T, double> value) => throw OnlyInPlans();
    public decimal Sum(Func<T, decimal> value) => throw OnlyInPlans();
    public TimeSpan Sum(Func<T, TimeSpan> value) => throw OnlyInPlans();

    /// <summary>Null where no value of the group is known.</summary>
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

    /// <summary>The standard deviation of a sample; null where there are fewer than two values.</summary>
    public double? Deviation<TValue>(Func<T, TValue> value) => throw OnlyInPlans();
    public double? Variance<TValue>(Func<T, TValue> value) => throw OnlyInPlans();
    public double? Median<TValue>(Func<T, TValue> value) => throw OnlyInPlans();

    /// <param name="share">Between 0 and 1; between two values it interpolates.</param>
    public double? Percentile<TValue>(Func<T, TValue> value, double share) => throw OnlyInPlans();

    public TValue First<TValue>(Func<T, TValue> value) => throw OnlyInPlans();
    public TValue Last<TValue>(Func<T, TValue> value) => throw OnlyInPlans();
    public List<TValue> ToList<TValue>(Func<T, TValue> value) => throw OnlyInPlans();
    public string Join(Func<T, string?> value, string separator) => throw OnlyInPlans();
    public bool All(Func<T, bool> condition) => throw OnlyInPlans();
    public bool Any(Func<T, bool> condition) => throw OnlyInPlans();

    /// <summary>An aggregate of your own over the values of the group; it is called back in C#.</summary>
    public TResult Aggregate<TValue, TResult>(Func<T, TValue> value, Func<IReadOnlyList<TValue>, TResult> aggregate) => throw OnlyInPlans();

    private protected static NotSupportedException OnlyInPlans() =>
        new("This says what a plan does and can't be called. Use it inside the lambda of a frame's verb, and there not inside other code.");
}

/// <inheritdoc/>
public sealed class Group<TKey, T> : Group<T>
{
    Group() { }

    /// <summary>What the rows of the group have in common.</summary>
    public TKey Key => throw OnlyInPlans();
}
