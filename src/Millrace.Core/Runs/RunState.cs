namespace Millrace.Runs;

public enum RunState : byte
{
    Queued,
    Running,
    Success,
    Failed,
}

enum RunEvent : byte
{
    /// <summary>The Dag has room for one more active run.</summary>
    Started,
    Succeeded,
    /// <summary>A task that decides the outcome failed, the run timed out, or it was cancelled.</summary>
    Failed,
    /// <summary>Some of its tasks were cleared: they run again.</summary>
    Cleared,
    MarkedSuccess,
    MarkedFailed,
}

static class RunStates
{
    /// <summary>The machine, drawn in docs/states.md.</summary>
    internal static RunState Next(RunState from, RunEvent on) => (from, on) switch
    {
        (RunState.Queued, RunEvent.Started)                              => RunState.Running,
        (RunState.Running, RunEvent.Succeeded)                           => RunState.Success,
        (RunState.Queued or RunState.Running, RunEvent.Failed)           => RunState.Failed,
        (RunState.Success or RunState.Failed, RunEvent.Cleared)          => RunState.Queued,
        (RunState.Queued or RunState.Running, RunEvent.Cleared)          => from,
        (_, RunEvent.MarkedSuccess)                                      => RunState.Success,
        (_, RunEvent.MarkedFailed)                                       => RunState.Failed,
        _ => throw new InvalidOperationException($"A run that is '{Name(from)}' cannot take '{on}'."),
    };

    internal static bool IsFinished(this RunState state) => state is RunState.Success or RunState.Failed;

    internal static string Name(this RunState state) => state switch
    {
        RunState.Queued => "queued",
        RunState.Running => "running",
        RunState.Success => "success",
        RunState.Failed => "failed",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "Not a run state."),
    };

    internal static RunState Parse(string name)
    {
        foreach (var state in Enum.GetValues<RunState>())
            if (state.Name() == name) return state;
        throw new FormatException($"'{name}' is not a run state. The states are queued, running, success, failed.");
    }
}
