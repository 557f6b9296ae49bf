namespace Millrace.Data;

/// <summary>What one run of a plan may use and where it reports to.</summary>
public sealed record RunContext
{
    /// <summary>
    /// Where refused rows go. Where this is null, runs that end in a report (a load, a write, a look) keep a log of their own
    /// for it, and runs that give rows fail at the first one that would be refused.
    /// </summary>
    public RejectLog? Rejects { get; init; }

    /// <summary>What becomes of values that aren't of their column's type, in sources whose options don't say.</summary>
    public Bad Bad { get; init; }

    public int Threads
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Threads), value, "A run needs at least one thread.");
    } = Environment.ProcessorCount;

    /// <summary>Bytes that heavy steps may hold before they spill to disk; null leaves it to the engine.</summary>
    public long? MemoryLimit
    {
        get;
        init => field = value is null or >= 16_000_000
            ? value
            : throw new ArgumentOutOfRangeException(nameof(MemoryLimit), value, "Sorts, joins and groups need at least 16 MB (16,000,000 bytes) before they spill.");
    }

    /// <summary>Where they spill to.</summary>
    public string? SpillFolder { get; init; }

    /// <summary>The stages that rows pass, in order of their start: what the report names the limiting one from.</summary>
    public StageLog Stages { get; } = new();

    /// <summary>Which engine runs the plan; null lets the planner choose, for each part of it.</summary>
    public PlanEngine? Engine { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal Readings Readings { get; } = new();

    /// <summary>How far the run is now. May be asked from any thread, before the run and after it too.</summary>
    public RunProgress Progress() => Readings.Now(this);

    /// <summary>
    /// Tells how far the run is, at a fixed pace, until what this returns is disposed, and once more then. Say it before
    /// the run begins: sources are asked for their size only where somebody watches. What the watcher is told it is told
    /// on a thread of the pool; where it throws, it is told no more.
    /// </summary>
    public IDisposable Watch(IProgress<RunProgress> watcher, TimeSpan? pace = null)
    {
        Readings.AreWatched = true;
        return new RunWatch(this, watcher, pace ?? TimeSpan.FromMilliseconds(200));
    }
    /// <summary>The same run, its rejects kept: for those who will report them.</summary>
    internal static RunContext Keeping(RunContext? run) => run switch
    {
        null => new() { Rejects = new() },
        { Rejects: null } => run with { Rejects = new() },
        _ => run,
    };
}

public enum PlanEngine
{
    /// <summary>Ours: row by row in bounded memory.</summary>
    Streaming,
    DuckDb,

    /// <summary>The database in which the plan's tables live.</summary>
    Postgres,
}

/// <summary>The stages of a run. Any thread may add.</summary>
public sealed class StageLog
{
    readonly Lock guard = new();
    readonly List<Stage> stages = [];

    /// <param name="workers">How many threads the stage may keep busy at once.</param>
    public Stage Add(string name, int workers = 1)
    {
        var stage = new Stage(name, workers);
        lock (guard) stages.Add(stage);
        return stage;
    }

    public IReadOnlyList<Stage> All
    {
        get
        {
            lock (guard) return [.. stages];
        }
    }

    /// <summary>The stage that was busy for the greatest share of its workers' time; null where nothing was measured.</summary>
    public Stage? Limiting => All.Where(s => s.Busy > TimeSpan.Zero).MaxBy(s => s.Busy.Ticks / (double)s.Workers);
}

/// <summary>What one stage of a run did. Any thread may count.</summary>
public sealed class Stage(string name, int workers)
{
    long rowsIn, rowsOut, rejected, bytes, busyTicks, batches;

    public string Name { get; } = name;
    public int Workers { get; } = workers;
    public long RowsIn => Interlocked.Read(ref rowsIn);
    public long RowsOut => Interlocked.Read(ref rowsOut);
    public long Rejected => Interlocked.Read(ref rejected);
    public long Bytes => Interlocked.Read(ref bytes);
    public long Batches => Interlocked.Read(ref batches);

    /// <summary>Time spent working, over all workers: waiting for input or for room is not in it.</summary>
    public TimeSpan Busy => new(Interlocked.Read(ref busyTicks));

    /// <summary>How long one batch stays in the stage, on average.</summary>
    public TimeSpan Latency => Batches == 0 ? TimeSpan.Zero : Busy / Batches;

    public void Count(long rowsIn, long rowsOut, TimeSpan busy, long bytes = 0, long rejected = 0)
    {
        Interlocked.Add(ref this.rowsIn, rowsIn);
        Interlocked.Add(ref this.rowsOut, rowsOut);
        Interlocked.Add(ref this.rejected, rejected);
        Interlocked.Add(ref this.bytes, bytes);
        Interlocked.Add(ref busyTicks, busy.Ticks);
        Interlocked.Increment(ref batches);
    }
}
