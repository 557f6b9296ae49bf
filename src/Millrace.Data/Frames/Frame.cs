using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// Rows that are described and not yet read: a plan, immutable, to which every verb adds a step. Nothing runs before a
/// method that ends in <c>Async</c>; each of those runs the plan anew, takes a <see cref="RunContext"/> and, last, a token. What
/// becomes of rows that the run refuses, where the context doesn't say, is the same for all: see <see cref="RunContext.Rejects"/>.
/// </summary>
[JsonConverter(typeof(FrameJson))]
public partial class Frame
{
    internal Frame(Relation plan)
    {
        Plan = plan;
        // A column that isn't there is reported by the verb that names it, not by the run.
        _ = plan.Schema;
    }

    public Relation Plan { get; }

    public Schema Schema => Plan.Schema;

    /// <summary>The same rows, each as a <typeparamref name="T"/>: its properties are found among the columns by name.</summary>
    public Frame<T> As<T>() => new(RowShape.Of<T>().Over(Plan));

    /// <summary>The batches of the result as they come: columns of values to loop over without an object a row. A batch is valid until the next one is asked for.</summary>
    public async IAsyncEnumerable<Batch> ReadBatchesAsync(RunContext? run = null, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        await foreach (var batch in FrameRunner.RunAsync(Plan, run ?? new RunContext(), cancel).ConfigureAwait(false))
        {
            using (batch) yield return batch;
        }
    }

    /// <inheritdoc cref="ReadBatchesAsync(RunContext?, CancellationToken)"/>
    public IAsyncEnumerable<Batch> ReadBatchesAsync(CancellationToken cancel) => ReadBatchesAsync(null, cancel);
}
