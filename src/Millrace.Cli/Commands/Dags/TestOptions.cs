using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Running;
using Millrace.Dags;
using Millrace.Execution;
using Millrace.Runs;
using Millrace.Testing;

namespace Millrace.Cli.Commands;

/// <summary>What <c>dags test</c> and <c>tasks test</c> share.</summary>
sealed class TestOptions
{
    readonly ParamOptions _params = new();
    readonly Option<string?> _logicalTime = new("--logical-time", "-e") { Description = "The instant the run is for; now, unless given.", HelpName = "time" };
    readonly Option<string[]> _variable = new("--variable") { Description = "A variable that the tasks read. May be given several times.", HelpName = "key=value" };
    readonly Option<int> _parallel = new("--parallel") { Description = "Tasks that may run at once.", HelpName = "number", DefaultValueFactory = _ => 4 };

    internal void AddTo(Command command)
    {
        _params.AddTo(command);
        command.Add(_logicalTime);
        command.Add(_variable);
        command.Add(_parallel);
        command.Add(new Option<string?>("--dags-folder") { Description = "The folder of DAG files; otherwise the one in the home folder.", HelpName = "folder" });
    }

    internal async Task<int> RunAsync(Session session, ParseResult parsed, Dag dag, IReadOnlyDictionary<string, Dag> known, string? at = null)
    {
        var variables = Variables(parsed.GetValue(_variable) ?? []);
        var scratch = Directory.CreateTempSubdirectory("millrace-test-");
        try
        {
            var screen = new TestScreen(session.Terminal, dag.Spec);
            var run = new LocalRun(new()
            {
                Dag = dag,
                Home = new HomeFolder(scratch.FullName),
                Time = session.Time,
                Parallel = parsed.GetValue(_parallel) is var parallel and >= 1 ? parallel : throw new UserErrorException("--parallel must be 1 or more."),
                LogicalTime = Times.ParseOptional("--logical-time", parsed.GetValue(_logicalTime) ?? at, session.Time.GetUtcNow()),
                Params = _params.Read(parsed, dag.Spec),
                Known = known,
                Variable = variables.GetValueOrDefault,
                Grace = session.Settings.Workers.Grace,
                Moved = session.IsJson ? null : screen.Moved,
                Said = session.IsJson ? null : screen.Said,
            });
            var record = session.IsJson ? await run.RunAsync(session.Cancellation) : await screen.ShowAsync(() => run.RunAsync(session.Cancellation));
            Show(session, record);
            return session.Cancellation.IsCancellationRequested ? ExitCode.Interrupted
                : record.Run.Row.State == RunState.Success ? ExitCode.Ok : ExitCode.Failed;
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    static void Show(Session session, LocalRecord record)
    {
        var row = record.Run.Row;
        var view = new RunHistoryView(RunView.Of(row), [.. record.Run.Instances.Select(TaskView.Of)], [],
            [.. record.Transitions.Select(step => new TransitionView(step.Task.Length == 0 ? null : step.Task, step.MapIndex == InstanceId.Unmapped ? null : step.MapIndex, step.Attempt, step.From, step.To, step.At, step.Reason))]);
        session.Show(view, Views.Default.RunHistoryView, terminal =>
        {
            terminal.Line();
            foreach (var child in record.Children.Where(child => child.Record is null))
                terminal.Line($"{child.By.Task} would have triggered '{child.Trigger.Dag}', which is not in its file; it counts as a success here.");
            terminal.Line($"{row.Dag} for {Text.Of(row.LogicalTime)}: {row.State.Name()}{(row.EndedAt - row.StartedAt is { } took ? $" after {Text.Of(took)}" : "")}");
        });
    }

    static Dictionary<string, string> Variables(string[] pairs)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1) throw new UserErrorException($"--variable is '{pair}'. Write KEY=VALUE.");
            variables[pair[..equals]] = pair[(equals + 1)..];
        }
        return variables;
    }
}
