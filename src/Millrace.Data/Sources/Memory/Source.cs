using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Millrace.Data;

/// <summary>
/// A source of your own: say how rows come, and a frame can be made of them with <see cref="Frame.From{T}(Source{T})"/>.
/// Columns are the properties of <typeparamref name="T"/>.
/// </summary>
public abstract class Source<T> : ISource
{
    /// <summary>All rows, in order; called anew for each reading.</summary>
    protected abstract IAsyncEnumerable<T> ReadRowsAsync(CancellationToken cancel);

    /// <summary>What the source is called in plans and in the provenance of its rows.</summary>
    public virtual string Kind => GetType().Name;

    public Schema Schema => RowWriter<T>.Schema;

    /// <inheritdoc cref="ISource.Describe"/>
    public virtual JsonObject? Describe() => null;

    public async IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        var batch = new RowBatch<T>(request, Kind);
        await foreach (var row in ReadRowsAsync(cancel).WithCancellation(cancel).ConfigureAwait(false))
        {
            if (batch.Add(row)) yield return batch.Build();
        }
        if (batch.Count > 0) yield return batch.Build();
    }
}
