using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Execution;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Cli.Commands;

static class RunsShow
{
    internal static Command Create()
    {
        var words = RunWords.Run();
        var history = new Option<bool>("--history") { Description = "Also every change of state, with its time and reason." };
        var command = new Command("show", "Shows a run, its tasks and their attempts.") { words, history };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var run = await new Lookup(store, session.Cancellation).RunAsync(parsed.GetRequiredValue(words));
            var kept = await store.LoadHistoryAsync(run.Id, session.Cancellation)
                ?? throw new UserErrorException($"Run {run.Key} of '{run.Dag}' was deleted just now.");
            kept = kept with { Tasks = await TaskTable.InOrderAsync(kept.Tasks, run, new Lookup(store, session.Cancellation)) };
            session.Show(ViewOf(kept, session.Home), Views.Default.RunHistoryView, terminal =>
                Write(terminal, kept, parsed.GetValue(history), session.Time.GetUtcNow()));
            return ExitCode.Ok;
        }));
        return command;
    }

    static RunHistoryView ViewOf(RunHistory kept, HomeFolder home) => new(
        RunView.Of(kept.Run),
        [.. kept.Tasks.Select(TaskView.Of)],
        [.. kept.Attempts.Select(attempt => new AttemptView(attempt.Id.Instance.Task, MapIndexOf(attempt.Id.Instance.MapIndex), attempt.Id.Number,
            attempt.State.Name(), attempt.StartedAt, attempt.EndedAt, attempt.Worker, attempt.ExitCode, attempt.Error,
            home.AttemptLog(kept.Run.Dag, kept.Run.Key, attempt.Id.Instance.Task, attempt.Id.Instance.MapIndex, attempt.Id.Number)))],
        [.. kept.Transitions.Select(step => new TransitionView(step.Task.Length == 0 ? null : step.Task, MapIndexOf(step.MapIndex), step.Attempt, step.From, step.To, step.At, step.Reason))]);

    static int? MapIndexOf(int index) => index == InstanceId.Unmapped ? null : index;

    static void Write(Terminal terminal, RunHistory kept, bool history, DateTimeOffset now)
    {
        var run = kept.Run;
        terminal.Line($"{run.Dag} {run.Key}: {run.State.Name()}{(run.DeadlineMissed ? " (missed its deadline)" : "")}");
        terminal.Line($"  id             {run.Id}");
        terminal.Line($"  logical time   {Text.Of(run.LogicalTime)}");
        terminal.Line($"  data interval  {Text.Of(run.IntervalStart)} to {Text.Of(run.IntervalEnd)}");
        if (run.Records is { } records) terminal.Line($"  records        {records.Describe()}");
        if (run.Params is not "{}") terminal.Line($"  params         {run.Params}");
        terminal.Line($"  queued         {Text.Of(run.QueuedAt)}");
        if (run.StartedAt is { } started)
            terminal.Line($"  started        {Text.Of(started)}, {(run.EndedAt is null ? "runs for" : "took")} {Text.Of((run.EndedAt ?? now) - started)}");
        if (run.Note is { } note) terminal.Line($"  note           {note}");
        terminal.Line();
        TaskTable.Write(terminal, kept.Tasks, now);
        foreach (var attempt in kept.Attempts.Where(attempt => attempt.Error is not null))
            terminal.Line($"{Name(attempt.Id.Instance)} attempt {attempt.Id.Number}: {attempt.Error}");
        if (!history) return;
        terminal.Line();
        var table = new Columns("at", "task", "from", "to", "why").WrapLast();
        foreach (var step in kept.Transitions)
            table.Add(Text.Of(step.At), step.Task.Length == 0 ? "[bold]run[/]" : Text.Of(Name(new(run.Id, step.Task, step.MapIndex))), step.From, step.To, Text.Of(step.Reason));
        table.WriteTo(terminal);
    }

    static string Name(InstanceId id) => id.MapIndex == InstanceId.Unmapped ? id.Task : $"{id.Task}[{id.MapIndex}]";
}
