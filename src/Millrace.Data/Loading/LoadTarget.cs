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
    readonly long rejectsBefore;

    private protected LoadWriter(RunContext context)
    {
        Rejects = context.Rejects ?? new RejectLog();
        rejectsBefore = Rejects.Count;
    }

    /// <summary>The run's, or where that keeps none, one of the load's own.</summary>
    internal RejectLog Rejects { get; }

    /// <summary>What was refused since this load began, by itself and by the steps before it.</summary>
    private protected long Refused => Rejects.Count - rejectsBefore;

    /// <summary>A share of all rows, as the report counts them: those too that never came to the load because a step before it refused them.</summary>
    private protected void MustNotRejectTooMany(long rejected, long rowsIn, double max)
    {
        var (refused, all) = (Refused, rowsIn + Refused - rejected);
        if (refused > max * all)
            throw new LoadException($"{refused:N0} of {all:N0} rows were rejected, more than the share of {max} that MaxRejected allows: {Rejects.Summary()}. Nothing was loaded.");
    }

    internal LoadCounts Counts { get; private protected set; } = new();

    /// <summary>The bookmark's new state, which is committed with the rows.</summary>
    internal BookmarkMove? State { get; set; }

    /// <summary>A load of this id was committed before: there is nothing to read and nothing to write.</summary>
    internal bool IsDone { get; private protected set; }

    public abstract ValueTask WriteAsync(Batch batch, CancellationToken cancel);

    internal abstract Task CommitLoadAsync(CancellationToken cancel);

    public async Task<SinkReport> CommitAsync(CancellationToken cancel)
    {
        await CommitLoadAsync(cancel).ConfigureAwait(false);
        return new SinkReport(Counts.Written, Counts.Bytes, Counts.Changed);
    }

    public abstract ValueTask DisposeAsync();
}

/// <summary>How a load moves its bookmark.</summary>
/// <param name="Began">The state that the load read past; null where there was none.</param>
sealed record BookmarkMove(string Name, string? Began, string State)
{
    /// <summary>Two loads that read past one state have the same rows: asked once no other load can commit.</summary>
    internal void MustStandAt(string? current, string target)
    {
        if (current != Began)
            throw new LoadException($"Another load moved the bookmark '{Name}' of {target} while this one ran, and may have loaded the same rows. Nothing was loaded; run the load again, and it reads what is past the bookmark now.");
    }
}

/// <summary>What a load did to its target: <c>In = Added + Changed + Unchanged + Rejected</c>.</summary>
sealed record LoadCounts
{
    internal long In { get; init; }
    internal long Added { get; init; }
    internal long Changed { get; init; }
    internal long Unchanged { get; init; }
    internal long Deleted { get; init; }

    /// <summary>Refused by the load itself; what steps before it refused never came in.</summary>
    internal long Rejected { get; init; }
    internal long Bytes { get; init; }
    internal long Written => Added + Changed;
    internal IReadOnlyList<string> SchemaChanges { get; init; } = [];
    internal IReadOnlyDictionary<string, long> DiscardedValues { get; init; } = new Dictionary<string, long>();

    internal void MustAddUp(string target)
    {
        if (In != Added + Changed + Unchanged + Rejected)
            throw new LoadException($"The load of {target} doesn't add up: {In} rows came in, and {Added} were added, {Changed} changed, {Unchanged} found unchanged, {Rejected} rejected. Nothing was loaded. A trigger or rule that keeps rows out, or several rows of the target with one key, would explain it; if there are none, please report it with the plan.");
    }
}
