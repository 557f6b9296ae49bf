using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>A frame whose rows are a <typeparamref name="T"/>: a record, a class with properties or an anonymous type.</summary>
[JsonConverter(typeof(FrameJson))]
public partial class Frame<T> : Frame
{
    internal Frame(Relation plan) : base(plan) { }

    /// <summary>The same rows by the names of their columns only.</summary>
    public Frame Untyped => new(Plan);

    /// <summary>The rows one by one, as they come.</summary>
    public async IAsyncEnumerable<T> ReadAsync(RunContext? run = null, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        var reader = RowReader<T>.Over(Schema);
        await foreach (var batch in ReadBatchesAsync(run, cancel).ConfigureAwait(false))
        {
            reader.Begin(batch);
            for (var i = 0; i < batch.Count; i++) yield return reader[i];
        }
    }

    /// <inheritdoc cref="ReadAsync(RunContext?, CancellationToken)"/>
    public IAsyncEnumerable<T> ReadAsync(CancellationToken cancel) => ReadAsync(null, cancel);

    public async Task<List<T>> ToListAsync(RunContext? run = null, CancellationToken cancel = default)
    {
        var all = new List<T>();
        await foreach (var row in ReadAsync(run, cancel).ConfigureAwait(false)) all.Add(row);
        return all;
    }

    public Task<List<T>> ToListAsync(CancellationToken cancel) => ToListAsync(null, cancel);
}
