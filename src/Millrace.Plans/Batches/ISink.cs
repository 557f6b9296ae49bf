namespace Millrace.Data;

/// <summary>Where rows go. Nothing that a sink was given is visible to readers before it is committed.</summary>
public interface ISink
{
    /// <summary>What sort of sink it is: <c>csv</c>, <c>postgres</c>.</summary>
    string Kind { get; }

    /// <summary>Opens a writer for rows of that schema; a schema that the sink can't hold is refused here.</summary>
    /// <param name="context">How many threads the writer may keep busy, and where it counts what its stages do.</param>
    Task<ISinkWriter> OpenAsync(Schema schema, RunContext context, CancellationToken cancel);
}

/// <summary>One load. Disposed without a commit, it leaves the sink as it was.</summary>
public interface ISinkWriter : IAsyncDisposable
{
    /// <summary>Takes the batch over, in order.</summary>
    ValueTask WriteAsync(Batch batch, CancellationToken cancel);

    /// <summary>Makes all of it visible at once.</summary>
    Task<SinkReport> CommitAsync(CancellationToken cancel);
}

/// <summary>What a sink wrote.</summary>
/// <param name="Bytes">As they lie in the sink, where it knows.</param>
/// <param name="Changed">Rows that replaced or altered others.</param>
public sealed record SinkReport(long Rows, long Bytes = 0, long Changed = 0);
