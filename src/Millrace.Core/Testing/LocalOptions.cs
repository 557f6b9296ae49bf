using Millrace.Dags;
using Millrace.Execution;
using Millrace.Runs;

namespace Millrace.Testing;

/// <summary>How a Dag is to run in this process, without a scheduler or a store.</summary>
sealed record LocalOptions
{
    public required Dag Dag { get; init; }
    /// <summary>Logs and results go here.</summary>
    public required HomeFolder Home { get; init; }
    /// <summary>With a <see cref="VirtualClock"/> nothing is waited for: the clock advances to what is due next.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
    /// <summary>Bodies that may run at once; with one, the order is the same each time.</summary>
    public int Parallel { get; init; } = 1;
    public DateTimeOffset? LogicalTime { get; init; }
    public DataInterval? Interval { get; init; }
    /// <summary>A JSON object.</summary>
    public string? Params { get; init; }
    /// <summary>Dags that trigger tasks may start; a trigger of any other is recorded and taken as a success.</summary>
    public IReadOnlyDictionary<string, Dag> Known { get; init; } = new Dictionary<string, Dag>();
    public Func<string, string?> Variable { get; init; } = _ => null;
    /// <summary>How long an attempt takes on the clock before its body runs; zero unless said.</summary>
    public Func<string, int?, TimeSpan>? Taking { get; init; }
    /// <summary>Why a trigger task fails on demand; null when it doesn't.</summary>
    public Func<string, string?>? TriggerFault { get; init; }
    /// <summary>Under a virtual clock: the real time that a body may take before it counts as hanging.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>What a command has to end after it was cancelled.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Told of every step of every run, in order, one at a time.</summary>
    public Action<RunRow, Transition>? Moved { get; init; }
    /// <summary>Told of the text that attempts and callbacks write to their logs, as it comes; from any thread.</summary>
    public Action<Assignment, string>? Said { get; init; }
}
