namespace Millrace.Runs;

enum RunKind : byte
{
    Scheduled,
    Manual,
    Backfill,
    Asset,
    Triggered,
    Record,
}

/// <summary>A run as it is stored, without its tasks.</summary>
sealed record RunRow
{
    public required RunId Id { get; init; }
    public required string Dag { get; init; }
    /// <summary>The hash of the Dag version that the run follows.</summary>
    public required string Version { get; init; }
    /// <summary>Readable and unique in its Dag: <c>scheduled__2026-11-21T00:00:00Z</c>.</summary>
    public required string Key { get; init; }
    public required RunKind Kind { get; init; }
    public RunState State { get; init; }
    /// <summary>The instant the run is for: when it was due.</summary>
    public required DateTimeOffset LogicalTime { get; init; }
    public required DateTimeOffset IntervalStart { get; init; }
    public required DateTimeOffset IntervalEnd { get; init; }
    /// <summary>A JSON object: the effective parameters.</summary>
    public string Params { get; init; } = "{}";
    /// <summary>Backfills are below zero, so that fresh runs go first.</summary>
    public int Priority { get; init; }
    public BackfillId? Backfill { get; init; }
    /// <summary>The task that triggered this run and waits for its end.</summary>
    public InstanceId? Parent { get; init; }
    /// <summary>What a run of <see cref="RunKind.Record"/> is for.</summary>
    public RunRecords? Records { get; init; }
    public required DateTimeOffset QueuedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public bool DeadlineMissed { get; init; }
    public string? Note { get; init; }
    /// <summary>The scheduler that alone may change the run; null while nobody works on it.</summary>
    public SchedulerId? Owner { get; init; }
    /// <summary>Counts the commits of this run; each commit must name the one it saw.</summary>
    public long Revision { get; init; }

    internal static string KeyFor(RunKind kind, DateTimeOffset logicalTime)
    {
        var format = logicalTime.Ticks % TimeSpan.TicksPerSecond == 0 ? "yyyy-MM-ddTHH:mm:ssZ" : "yyyy-MM-ddTHH:mm:ss.ffffffZ";
        return string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"{kind.Name()}__{logicalTime.UtcDateTime.ToString(format, System.Globalization.CultureInfo.InvariantCulture)}");
    }
}

static class RunKinds
{
    internal static string Name(this RunKind kind) => kind switch
    {
        RunKind.Scheduled => "scheduled",
        RunKind.Manual => "manual",
        RunKind.Backfill => "backfill",
        RunKind.Asset => "asset",
        RunKind.Triggered => "triggered",
        RunKind.Record => "record",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a run kind."),
    };

    internal static RunKind Parse(string name)
    {
        foreach (var kind in Enum.GetValues<RunKind>())
            if (kind.Name() == name) return kind;
        throw new FormatException($"'{name}' is not a kind of run.");
    }
}
