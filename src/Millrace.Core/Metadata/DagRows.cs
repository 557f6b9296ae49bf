using Millrace.Runs;

namespace Millrace.Metadata;

/// <summary>A Dag as the store knows it: which version is in force and where its schedule stands.</summary>
sealed record DagRow
{
    public required string Name { get; init; }
    public required string Version { get; init; }
    public bool Paused { get; init; }
    /// <summary>False once its file is gone: kept for its history.</summary>
    public bool Active { get; init; } = true;
    /// <summary>The file or project it came from, relative to the DAG folder; empty in library mode.</summary>
    public string Source { get; init; } = "";
    public string? Owner { get; init; }
    public string? Description { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];
    /// <summary>The schedule in words, for lists.</summary>
    public string Schedule { get; init; } = "";
    /// <summary>The topics whose records start its runs, or update assets that it waits for.</summary>
    public IReadOnlyList<string> Topics { get; init; } = [];
    public DateTimeOffset? LastLogicalTime { get; init; }
    public DateTimeOffset? NextDue { get; init; }
    /// <summary>The version that <see cref="NextDue"/> was computed for; another than <see cref="Version"/> means: compute it again.</summary>
    public string? DueVersion { get; init; }
    public DateTimeOffset FirstSeenAt { get; init; }
}

/// <summary>An immutable version of a Dag.</summary>
/// <param name="Hash">Of the spec and the bundle.</param>
/// <param name="Bundle">The content hash of the bundle that holds its code; empty in library mode.</param>
/// <param name="Number">1, 2, 3 ... in the order they came into force.</param>
sealed record DagVersion(string Dag, string Hash, string Bundle, string SpecJson, DateTimeOffset CreatedAt, int Number = 0);

/// <summary>A version to put in force, with what lists show of it.</summary>
sealed record DagRegistration(DagVersion Version, string Source, string? Owner, string? Description, IReadOnlyList<string> Tags, string Schedule, bool PausedAtFirst)
{
    /// <summary>Names of the assets that its tasks update.</summary>
    public IReadOnlyList<string> Produces { get; init; } = [];
    /// <summary>Names of the assets that its schedule waits for.</summary>
    public IReadOnlyList<string> Consumes { get; init; } = [];
    /// <summary>The topics that have to be watched for it.</summary>
    public IReadOnlyList<string> Topics { get; init; } = [];
}

/// <param name="Line">1 and up; 0 when it isn't known.</param>
/// <param name="Kind">syntax, type, cycle, duplicate, schedule, build, timeout, memory ...</param>
sealed record DagError(string Source, int Line, int Column, string Kind, string Message, DateTimeOffset At);

/// <summary>The outcome of reading one source: what it declares now, or why the last good version stays.</summary>
sealed record SourceReading(string Source, IReadOnlyList<DagRegistration> Dags, IReadOnlyList<DagError> Errors)
{
    /// <summary>The source is gone: its Dags become inactive.</summary>
    public bool Removed { get; init; }
}

enum Reprocess { None, Failed, All }

enum BackfillState { Running, Paused, Cancelled, Done }

sealed record BackfillRow
{
    public required BackfillId Id { get; init; }
    public required string Dag { get; init; }
    public required DateTimeOffset From { get; init; }
    public required DateTimeOffset To { get; init; }
    public Reprocess Reprocess { get; init; }
    public int MaxActive { get; init; } = 4;
    public bool NewestFirst { get; init; }
    public string Params { get; init; } = "{}";
    public BackfillState State { get; init; }
    /// <summary>The logical time handled last; null before the first.</summary>
    public DateTimeOffset? Cursor { get; init; }
    public SchedulerId? Owner { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
}

sealed record PoolRow(string Name, int Slots, string? Description);

/// <param name="Used">Slots that queued and running instances hold.</param>
sealed record PoolUse(PoolRow Pool, int Used, int Scheduled);

sealed record VariableRow(string Key, string Value, string? Description);

sealed record AssetRow(string Name, DateTimeOffset? LastUpdate, long Updates, IReadOnlyList<string> Producers, IReadOnlyList<string> Consumers);
