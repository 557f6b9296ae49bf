using System.Collections.Concurrent;
using Millrace.Cli.Commands;
using Millrace.Cli.Output;
using Millrace.Dags;
using Millrace.Execution;
using Millrace.Runs;
using Spectre.Console;
using Text = Millrace.Cli.Output.Text;

namespace Millrace.Cli.Running;

/// <summary>Shows a run as it goes: in a terminal as a tree that changes, elsewhere as lines; both end with the tree.</summary>
sealed class TestScreen(Terminal terminal, DagSpec spec)
{
    sealed class Cell
    {
        internal readonly ConcurrentDictionary<int, (TaskState State, DateTimeOffset At)> Instances = new();
        internal DateTimeOffset? Began;
        internal DateTimeOffset? Ended;
        internal string? Reason;
    }

    readonly ConcurrentDictionary<string, Cell> _cells = new(StringComparer.Ordinal);
    readonly List<string> _said = [];
    readonly Lock _gate = new();
    Action _changed = () => { };
    bool _isLive;

    internal async Task<T> ShowAsync<T>(Func<Task<T>> run)
    {
        if (!terminal.IsInteractive)
        {
            var result = await run();
            terminal.Line();
            terminal.Write(Draw());
            return result;
        }
        _isLive = true;
        T ended = default!;
        await terminal.Rich.Live(Draw()).StartAsync(async context =>
        {
            var pending = 0;
            _changed = () =>
            {
                // Many steps at once are drawn once.
                if (Interlocked.Exchange(ref pending, 1) == 1) return;
                _ = Task.Run(async () =>
                {
                    await Task.Delay(30);
                    Interlocked.Exchange(ref pending, 0);
                    context.UpdateTarget(Draw());
                });
            };
            ended = await run();
            _changed = () => { };
            context.UpdateTarget(Draw());
        });
        lock (_gate)
            foreach (var line in _said) terminal.Line(line);
        return ended;
    }

    internal void Moved(RunRow run, Transition step)
    {
        if (run.Dag != spec.Name || step.Task.Length == 0) return;
        var cell = _cells.GetOrAdd(step.Task, _ => new());
        var state = TaskStates.Parse(step.To);
        cell.Instances[step.MapIndex] = (state, step.At);
        if (state == TaskState.Running) cell.Began ??= step.At;
        if (state.IsFinished()) cell.Ended = step.At;
        if (step.Reason is not null || state == TaskState.Success) cell.Reason = step.Reason;
        _changed();
        if (_isLive || state is not (TaskState.Running or TaskState.UpForRetry or TaskState.UpForReschedule) && !state.IsFinished()) return;
        lock (_gate)
            terminal.Line($"{Name(step.Task, step.MapIndex)}: {step.To}{(step.Reason is { } why ? $" ({why})" : "")}");
    }

    internal void Said(Assignment assignment, string text)
    {
        var instance = assignment.Attempt.Instance;
        var prefix = instance.Task.Length == 0 ? "run" : Name(instance.Task, instance.MapIndex);
        lock (_gate)
            foreach (var line in text.TrimEnd('\n', '\r').Split('\n'))
                if (_isLive) _said.Add($"{prefix} | {line}");
                else terminal.Line($"{prefix} | {line}");
    }

    static string Name(string task, int mapIndex) => mapIndex == InstanceId.Unmapped ? task : $"{task}[{mapIndex}]";

    Tree Draw() => GraphTree.Build(spec, task =>
    {
        if (!_cells.TryGetValue(task.Id, out var cell) || cell.Instances.IsEmpty) return $"{Markup.Escape(task.Id)}  [grey]waits[/]";
        var states = cell.Instances.Where(instance => instance.Key != InstanceId.Unmapped || cell.Instances.Count == 1).GroupBy(instance => instance.Value.State).ToList();
        var text = cell.Instances.Count == 1 ? Text.Of(states[0].Key)
            : string.Join(", ", states.OrderBy(group => group.Key).Select(group => $"{group.Count()} {Text.Of(group.Key)}"));
        var took = cell.Began is { } began && cell.Ended is { } ended ? $"  [grey]{Text.Of(ended - began)}[/]" : "";
        return $"{Markup.Escape(task.Id)}  {text}{took}{(cell.Reason is { } why ? $"  [grey]{Markup.Escape(why)}[/]" : "")}";
    });
}
