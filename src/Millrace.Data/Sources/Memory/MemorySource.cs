using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Millrace.Data;

/// <summary>Rows of a sequence in this process.</summary>
sealed class MemorySource<T>(IEnumerable<T> rows) : ISource
{
    public string Kind => "memory";
    public Schema Schema => RowWriter<T>.Schema;
    /// <summary>A short list travels with the plan; a sequence that may compute, or many rows, don't.</summary>
    public JsonObject? Describe() => rows is ICollection<T> { Count: <= InlineRows.Most } or IReadOnlyCollection<T> { Count: <= InlineRows.Most }
        ? InlineRows.Describe(Schema, All())
        : null;

    IEnumerable<object?[]> All()
    {
        var batch = new RowBatch<T>(new ReadRequest { BatchRows = InlineRows.Most + 1 }, Kind);
        foreach (var row in rows) batch.Add(row);
        using var built = batch.Build();
        for (var i = 0; i < built.Count; i++) yield return built.Row(i);
    }

    public ValueTask<SourceSize?> MeasureAsync(CancellationToken cancel) => new(rows.TryGetNonEnumeratedCount(out var count) ? new SourceSize(Rows: count) : null);

    public async IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        var batch = new RowBatch<T>(request, Kind);
        foreach (var row in rows)
        {
            cancel.ThrowIfCancellationRequested();
            if (batch.Add(row)) yield return batch.Build();
        }
        if (batch.Count > 0) yield return batch.Build();
    }
}

/// <summary>Rows of an asynchronous sequence, which must bear being read more than once.</summary>
sealed class AsyncMemorySource<T>(IAsyncEnumerable<T> rows) : Source<T>
{
    public override string Kind => "memory";
    protected override IAsyncEnumerable<T> ReadRowsAsync(CancellationToken cancel) => rows;
}
