using Millrace.Assets;

namespace Millrace.Dags;

/// <summary>How a task is run. What is left null follows the Dag's <see cref="DagBuilder.Defaults"/>, then the product's.</summary>
public record TaskOptions
{
    public Retry? Retry { get; init; }
    /// <summary>One attempt's time.</summary>
    public TimeSpan? Timeout { get; init; }
    public string? Pool { get; init; }
    /// <summary>Slots of the pool that an instance takes; 1 unless said.</summary>
    public int? Slots { get; init; }
    /// <summary>Higher goes first; 0 unless said.</summary>
    public int? Priority { get; init; }
    /// <summary>Instances of the task that may be queued or running at once, over all runs.</summary>
    public int? MaxActive { get; init; }
    public bool? DependsOnPast { get; init; }
    public TriggerRule? TriggerRule { get; init; }
    /// <summary>Counted from the run's logical time.</summary>
    public TimeSpan? Deadline { get; init; }
    public string? Owner { get; init; }
    public IReadOnlyList<string>? Tags { get; init; }
    /// <summary>Markdown.</summary>
    public string? Docs { get; init; }
    /// <summary>The assets that a success of the task updates.</summary>
    public IReadOnlyList<Asset>? Produces { get; init; }

    public Callback? OnSuccess { get; init; }
    public Callback? OnFailure { get; init; }
    public Callback? OnRetry { get; init; }
    public Callback? OnMissedDeadline { get; init; }
}

/// <summary>What a command needs beside its text.</summary>
public sealed record ShellOptions : TaskOptions
{
    /// <summary>The shell of <c>d.Shell</c>: <c>bash</c>, <c>sh</c> or <c>pwsh</c>.</summary>
    public string Shell { get; init; } = "bash";
    /// <summary>The Dag file's folder unless said; a relative path starts there.</summary>
    public string? WorkingDirectory { get; init; }
    /// <summary>Added to the worker's environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
    /// <summary>The file whose text is the task's result, in place of the last line of its output.</summary>
    public string? ResultFile { get; init; }
    /// <summary>The exit code that skips the task.</summary>
    public int? SkipExitCode { get; init; } = 99;
}
