namespace Millrace.Execution;

/// <summary>How many worker processes there are and how long each may live.</summary>
sealed record WorkerPoolOptions
{
    /// <summary>Workers that are kept ready.</summary>
    public int Min
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Min), value, "At least one worker must be kept.");
    } = 2;

    /// <summary>Workers there may be while long tasks keep others waiting.</summary>
    public int Max
    {
        get => Math.Max(field, Min);
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Max), value, "There must be room for at least one worker.");
    } = Math.Max(16, 4 * Environment.ProcessorCount);

    /// <summary>Short tasks that a worker holds ahead of running them.</summary>
    public int Prefetch
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Prefetch), value, "A worker must be able to hold one task.");
    } = 16;

    /// <summary>A worker is replaced after so many tasks.</summary>
    public int RecycleAfter
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(RecycleAfter), value, "A worker must run at least one task.");
    } = 10_000;

    /// <summary>A worker whose resident memory exceeds this is replaced once its task has ended.</summary>
    public long MemoryLimit
    {
        get;
        init => field = value >= 64L << 20 ? value : throw new ArgumentOutOfRangeException(nameof(MemoryLimit), value, "A worker needs 64 MB at least.");
    } = 1L << 30;

    /// <summary>A worker that is silent for longer is killed; its attempt is lost.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>What a cancelled attempt has to stop by itself.</summary>
    public TimeSpan CancelGrace { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>A worker above the minimum that had nothing to do for so long ends.</summary>
    public TimeSpan IdleLimit { get; init; } = TimeSpan.FromSeconds(60);
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The program and first arguments that start a worker; null: this very executable.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    internal IReadOnlyList<string> ResolveCommand()
    {
        if (Command is { Count: > 0 }) return Command;
        var process = Environment.ProcessPath ?? "";
        if (Path.GetFileNameWithoutExtension(process) == "millrace") return [process, "worker"];
        var entry = Path.Combine(AppContext.BaseDirectory, "millrace.dll");
        if (File.Exists(entry)) return [Path.GetFileNameWithoutExtension(process) == "dotnet" ? process : "dotnet", entry, "worker"];
        throw new InvalidOperationException($"Workers are started by the 'millrace' executable, but this process is '{process}'. "
            + "Run Dags of a host's own code with the in-process executor, or name the executable.");
    }
}
