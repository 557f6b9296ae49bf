using Millrace.Plans;

namespace Millrace.Data;

public partial class Frame
{
    /// <summary>The rows of a sequence; it is enumerated by each run.</summary>
    public static Frame<T> From<T>(IEnumerable<T> rows) => new(new Scan(new MemorySource<T>(rows)));

    /// <inheritdoc cref="From{T}(IEnumerable{T})"/>
    public static Frame<T> From<T>(IAsyncEnumerable<T> rows) => new(new Scan(new AsyncMemorySource<T>(rows)));

    public static Frame<T> From<T>(Source<T> source) => new(new Scan(source));

    public static Frame From(ISource source) => new(new Scan(source));

    /// <summary>The frame that a plan is: what the verbs build, and what a plan's JSON is read into.</summary>
    public static Frame From(Relation plan) => new(plan);
}
