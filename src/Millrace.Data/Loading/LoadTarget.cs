namespace Millrace.Data;

/// <summary>Where a load can go in every mode of <see cref="Load"/>: a table or a dataset.</summary>
public abstract class LoadTarget : ISink
{
    private protected LoadTarget() { }

    public abstract string Kind { get; }

    /// <summary>The table or folder, for messages.</summary>
    public abstract string Name { get; }

    /// <summary>The columns by which a load knows its rows again; empty where it can't.</summary>
    public abstract IReadOnlyList<string> Key { get; }

    internal abstract Task<LoadWriter> OpenAsync(Schema schema, Load mode, LoadOptions options, RunContext context, CancellationToken cancel);

    /// <summary>What a committed load left for the next one under that name; null where none did.</summary>
    internal abstract Task<string?> ReadStateAsync(string bookmark, CancellationToken cancel);

    async Task<ISinkWriter> ISink.OpenAsync(Schema schema, RunContext context, CancellationToken cancel) =>
        await OpenAsync(schema, Load.Append, new LoadOptions(), context, cancel).ConfigureAwait(false);
}

/// <summary>One load on its way. Rows that it refuses are in the run's reject log.</summary>
abstract class LoadWriter : ISinkWriter
{
    internal LoadCounts Counts { get; private protected set; } = new();

    /// <summary>The bookmark's new state, which is committed with the rows.</summary>
    internal (string Name, string State)? State { get; set; }

    public abstract ValueTask WriteAsync(Batch batch, CancellationToken cancel);

    internal abstract Task CommitLoadAsync(CancellationToken cancel);

    public async Task<SinkReport> CommitAsync(CancellationToken cancel)
    {
        await CommitLoadAsync(cancel).ConfigureAwait(false);
        return new SinkReport(Counts.Written, Counts.Bytes, Counts.Changed);
    }

    public abstract ValueTask DisposeAsync();
}

/// <summary>What a load did to its target: <c>In = Added + Changed + Unchanged + Rejected + Skipped</c>.</summary>
sealed record LoadCounts
{
    internal long In { get; init; }
    internal long Added { get; init; }
    internal long Changed { get; init; }
    internal long Unchanged { get; init; }
    internal long Deleted { get; init; }

    /// <summary>Refused by the load itself; what steps before it refused never came in.</summary>
    internal long Rejected { get; init; }

    /// <summary>Of a load that was committed before.</summary>
    internal long Skipped { get; init; }
    internal long Bytes { get; init; }
    internal long Written => Added + Changed;
    internal IReadOnlyList<string> SchemaChanges { get; init; } = [];
    internal IReadOnlyDictionary<string, long> DiscardedValues { get; init; } = new Dictionary<string, long>();

    internal void MustAddUp(string target)
    {
        if (In != Added + Changed + Unchanged + Rejected + Skipped)
            throw new LoadException($"The load of {target} doesn't add up: {In} rows came in, and {Added} were added, {Changed} changed, {Unchanged} found unchanged, {Rejected} rejected, {Skipped} skipped. Nothing was loaded; please report it with the plan.");
    }
}
