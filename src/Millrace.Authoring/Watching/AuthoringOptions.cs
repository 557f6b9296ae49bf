using System.Globalization;
using Millrace.Execution;

namespace Millrace.Authoring.Watching;

/// <summary>Where DAGs are read from and under which limits.</summary>
sealed record AuthoringOptions
{
    /// <summary>The DAG folder.</summary>
    public required string Folder { get; init => field = Path.TrimEndingDirectorySeparator(Path.GetFullPath(value)); }
    /// <summary>Where bundles are kept.</summary>
    public required string Bundles { get; init => field = Path.GetFullPath(value); }
    /// <summary>How child processes start; found beside this library unless given.</summary>
    public ToolCommand? Tool { get; init; }

    /// <summary>For one source to build its Dags.</summary>
    public TimeSpan BuildTimeout { get; init => field = Positive(value, nameof(BuildTimeout)); } = TimeSpan.FromSeconds(10);
    /// <summary>For one source to build its Dags.</summary>
    public int BuildMemoryMb
    {
        get;
        init => field = value >= 64 ? value : throw new ArgumentOutOfRangeException(nameof(BuildMemoryMb), value, "Building Dags needs at least 64 MB.");
    } = 512;
    /// <summary>False compiles for a debugger: every line and local as written, slower code.</summary>
    public bool Optimize { get; init; } = true;
    /// <summary>Whether a Dag that is seen for the first time waits to be unpaused.</summary>
    public bool PausedAtFirst { get; init; }
    /// <summary>How long the compiler's process stays warm after the last edit.</summary>
    public TimeSpan CompilerIdle { get; init => field = Positive(value, nameof(CompilerIdle)); } = TimeSpan.FromSeconds(60);
    /// <summary>How often the folder is looked through although nothing was reported: file notifications can get lost.</summary>
    public TimeSpan Rescan { get; init => field = Positive(value, nameof(Rescan)); } = TimeSpan.FromSeconds(30);
    /// <summary>How long the folder must be quiet before it is looked at.</summary>
    public TimeSpan Settle { get; init => field = Positive(value, nameof(Settle)); } = TimeSpan.FromMilliseconds(30);

    static TimeSpan Positive(TimeSpan value, string name) => value > TimeSpan.Zero ? value
        : throw new ArgumentOutOfRangeException(name, value.ToString("c", CultureInfo.InvariantCulture), "It must be longer than nothing.");
}
