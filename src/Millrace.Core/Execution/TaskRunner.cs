using Microsoft.Extensions.Logging;
using Millrace.Dags;
using Millrace.Runs;

namespace Millrace.Execution;

/// <summary>Runs one assignment in this process: the same in a worker, in a host, under <c>dags test</c> and in the test kit.</summary>
/// <param name="grace">What a cancelled command has before it is killed.</param>
/// <param name="groupChanged">Told of a process group that begins (true) or ended (false).</param>
/// <param name="said">Told of what an attempt writes to its log, as it comes.</param>
sealed class TaskRunner(HomeFolder home, ITaskServices services, TimeProvider time, TimeSpan grace, Action<int, bool>? groupChanged = null, Action<Assignment, string>? said = null)
{
    readonly TaskInputs inputs = new(home, services);
    readonly ResultWriter results = new(home);
    readonly CommandResult commandResults = new(home);

    /// <summary>Never throws: whatever happens is in the report.</summary>
    internal async ValueTask<AttemptReport> RunAsync(Dag dag, Assignment assignment, string worker, AttemptCancellation cancellation)
    {
        var started = time.GetUtcNow();
        using var log = LogOf(assignment);
        ConsoleCapture.RouteTo(log);
        var report = new AttemptReport { Attempt = assignment.Attempt, Outcome = Outcome.Failed, Worker = worker, StartedAt = started, EndedAt = started };
        TaskCode? code = null;
        try
        {
            cancellation.Token.ThrowIfCancellationRequested();
            var id = assignment.Attempt.Instance.Task;
            var spec = dag.Spec.Tasks.FirstOrDefault(t => t.Id == id)
                ?? throw new FailTaskException($"Dag '{dag.Spec.Name}' has no task '{id}' in the version this run follows.");
            code = dag.CodeOf(id);
            report = await RunBodyAsync(dag, spec, code, assignment, log, report, cancellation).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            report = Ended(e, assignment, code, log, report, cancellation);
        }
        return report with { EndedAt = time.GetUtcNow() };
    }

    AttemptLog LogOf(Assignment assignment) =>
        new(home.AttemptLog(assignment), time, said is null ? null : text => said(assignment, text));

    /// <returns>Null when the callback returned, else why it failed.</returns>
    internal async ValueTask<string?> CallAsync(Dag dag, Assignment assignment, CancellationToken cancellation)
    {
        using var log = LogOf(assignment);
        ConsoleCapture.RouteTo(log);
        try
        {
            var instance = assignment.Attempt.Instance;
            var callback = instance.Task.Length == 0 ? dag.Callbacks.GetValueOrDefault(assignment.Callback) : dag.CodeOf(instance.Task).CallbackFor(assignment.Callback);
            if (callback is null) return null;
            await callback.Body(new CallbackContext
            {
                Kind = assignment.Callback,
                DagName = assignment.Dag,
                RunId = assignment.RunKey,
                LogicalTime = assignment.LogicalTime,
                TaskId = instance.Task.Length == 0 ? null : instance.Task,
                MapIndex = instance.MapIndex == InstanceId.Unmapped ? null : instance.MapIndex,
                Attempt = assignment.Try,
                Error = assignment.Callback is CallbackKinds.Failure or CallbackKinds.Retry ? assignment.Reason : null,
                Reason = assignment.Reason,
                Logger = log,
                Cancellation = cancellation,
            }).ConfigureAwait(false);
            return null;
        }
        catch (Exception e)
        {
            log.Write(LogLevel.Error, null, $"The {assignment.Callback} callback failed.", e);
            return OneLine(e);
        }
    }

    /// <summary>For an assignment whose code could not even be found or loaded.</summary>
    internal AttemptReport NotRun(Assignment assignment, string worker, DateTimeOffset began, Exception why)
    {
        using var log = new AttemptLog(home.AttemptLog(assignment), time);
        log.Write(LogLevel.Error, null, $"The code of Dag '{assignment.Dag}' could not be loaded.", why);
        return new AttemptReport
        {
            Attempt = assignment.Attempt,
            Outcome = Outcome.Failed,
            Worker = worker,
            StartedAt = began,
            EndedAt = time.GetUtcNow(),
            Error = OneLine(why),
        };
    }

    async ValueTask<AttemptReport> RunBodyAsync(Dag dag, TaskSpec spec, TaskCode code, Assignment assignment, AttemptLog log, AttemptReport report, AttemptCancellation cancellation)
    {
        if (spec.Kind == TaskKind.Empty) return report with { Outcome = Outcome.Succeeded };

        var context = Context(dag, assignment, log, cancellation.Token);
        var values = await inputs.ReadAsync(dag.Spec, spec, code, assignment, cancellation.Token).ConfigureAwait(false);
        if (code.Condition is { } condition)
        {
            var holds = await condition(context, values).ConfigureAwait(false);
            return report with { Outcome = holds ? Outcome.Succeeded : Outcome.NotYet };
        }
        if (code.Command is { } command)
            return await RunCommandAsync(spec, CommandPlace.Resolve(dag, spec, command(context, values)), assignment, log, report, cancellation.Token).ConfigureAwait(false);

        if (code.Body is not { } body) throw new FailTaskException($"Task '{spec.Id}' of Dag '{dag.Name}' has no code to run in a worker.");
        var value = await body(context, values).ConfigureAwait(false);
        if (spec.Kind == TaskKind.Sensor && value is null) return report with { Outcome = Outcome.NotYet };
        report = report with { Outcome = Outcome.Succeeded };
        if (spec.Kind == TaskKind.Branch) report = report with { Chosen = (IReadOnlyList<string>?)value ?? [] };
        else if (spec.Kind == TaskKind.ShortCircuit) report = report with { GoOn = value is true };
        if (code.ResultType is not { } type) return report;
        return report with { Result = await results.WriteAsync(assignment, value, type, cancellation.Token).ConfigureAwait(false) };
    }

    async ValueTask<AttemptReport> RunCommandAsync(TaskSpec spec, CommandLine command, Assignment assignment, AttemptLog log, AttemptReport report, CancellationToken cancellation)
    {
        Directory.CreateDirectory(home.Run);
        var resultFile = Path.Combine(home.Run, $"result-{assignment.Attempt.Lease:N}");
        try
        {
            var shown = spec.Command ?? string.Join(' ', [command.Program, .. command.Arguments]);
            var end = await new CommandRunner(log, grace, groupChanged)
                .RunAsync(command, shown, CommandVariables.Of(assignment, resultFile), cancellation).ConfigureAwait(false);
            report = report with { ExitCode = end.ExitCode };
            if (end.ExitCode != 0 && end.ExitCode == command.SkipExitCode)
            {
                log.Write(LogLevel.Information, null, $"Skipped: {end.ExitCode} is the exit code that skips this task.");
                return report with { Outcome = Outcome.Skipped, Error = $"exit code {end.ExitCode}" };
            }
            if (end.ExitCode != 0)
                return report with { Outcome = Outcome.Failed, Error = $"The command {ProcessTree.Describe(end.ExitCode)}." };
            return report with { Outcome = Outcome.Succeeded, Result = ResultOf(command, end, assignment, resultFile) };
        }
        finally
        {
            File.Delete(resultFile);
        }
    }

    ResultValue? ResultOf(CommandLine command, CommandEnd end, Assignment assignment, string resultFile)
    {
        if (File.Exists(resultFile)) return commandResults.FromFile(assignment, resultFile);
        if (command.ResultFile is not { } named) return end.LastLine is { } line ? ResultWriter.Text(line) : null;
        var path = Path.GetFullPath(named, command.WorkingDirectory!);
        return File.Exists(path) ? commandResults.FromFile(assignment, path)
            : throw new ResultException($"The command of task '{assignment.Attempt.Instance.Task}' ended well but did not write its result file '{path}'.");
    }

    TaskContext Context(Dag dag, Assignment assignment, AttemptLog log, CancellationToken cancellation)
    {
        var instance = assignment.Attempt.Instance;
        return new TaskContext(new Host(this, dag, assignment))
        {
            DagName = assignment.Dag,
            RunId = assignment.RunKey,
            TaskId = instance.Task,
            MapIndex = instance.MapIndex == InstanceId.Unmapped ? null : instance.MapIndex,
            Attempt = assignment.Try,
            MaxAttempts = assignment.MaxTries,
            LogicalTime = assignment.LogicalTime,
            DataInterval = new(assignment.IntervalStart, assignment.IntervalEnd),
            Params = assignment.Params is "{}" or "" ? ParamSet.Empty : ParamSet.Parse(assignment.Params),
            Records = assignment.Records,
            Logger = log,
            Cancellation = cancellation,
            Time = time,
        };
    }

    static AttemptReport Ended(Exception e, Assignment assignment, TaskCode? code, AttemptLog log, AttemptReport report, AttemptCancellation cancellation)
    {
        // Whatever a body throws once it was told to stop is how it stopped: drivers wrap cancellation in exceptions of their own.
        if (cancellation.Requested)
        {
            var why = Describe(cancellation.Reason);
            log.Write(LogLevel.Error, null, why, e is OperationCanceledException ? null : e);
            return report with { Outcome = OutcomeOf(cancellation.Reason), Error = why };
        }
        if (e is SkipTaskException)
        {
            log.Write(LogLevel.Information, null, "Skipped: " + e.Message);
            return report with { Outcome = Outcome.Skipped, Error = FirstLine(e.Message) };
        }
        var failNow = e is FailTaskException || !MayRetry(e, code, log);
        log.Write(LogLevel.Error, null, $"Attempt {assignment.Try} of {assignment.MaxTries} failed{(failNow && assignment.Try < assignment.MaxTries ? "; another try would be of no use" : "")}.", e);
        return report with { Outcome = Outcome.Failed, Error = OneLine(e), FailNow = failNow };
    }

    static bool MayRetry(Exception e, TaskCode? code, AttemptLog log)
    {
        try
        {
            return code?.RetryIf?.Invoke(e) ?? true;
        }
        catch (Exception fault)
        {
            log.Write(LogLevel.Error, null, "The retry predicate threw; the task is retried as if it had said yes.", fault);
            return true;
        }
    }

    internal static Outcome OutcomeOf(CancelReason reason) => reason switch
    {
        CancelReason.TimedOut => Outcome.TimedOut,
        CancelReason.Cancelled => Outcome.Cancelled,
        // It is nobody's wish that the attempt ends, only its worker's end.
        _ => Outcome.Lost,
    };

    internal static string Describe(CancelReason reason) => reason switch
    {
        CancelReason.TimedOut => "The attempt ran longer than its timeout.",
        CancelReason.Cancelled => "The attempt was cancelled.",
        _ => "The attempt was ended because its executor is stopping.",
    };

    internal static string OneLine(Exception e) => FirstLine($"{e.GetType().Name}: {e.Message}");

    static string FirstLine(string text)
    {
        const int longest = 1000;
        var end = text.AsSpan().IndexOfAny('\r', '\n');
        if (end >= 0) text = text[..end];
        return text.Length <= longest ? text : text[..longest] + "...";
    }

    string FileFor(Assignment assignment, string name)
    {
        var folder = Path.ChangeExtension(home.Resolve(home.ResultFile(assignment)), null);
        Directory.CreateDirectory(folder);
        return Path.Combine(folder, name);
    }

    HomeFolder Home => home;

    ValueTask<string?> VariableAsync(string name, CancellationToken cancellation) => services.ReadVariableAsync(name, cancellation);

    sealed class Host(TaskRunner runner, Dag dag, Assignment assignment) : ITaskHost
    {
        public ValueTask<object?> ResultAsync(string task, Type type, CancellationToken cancellation) =>
            runner.inputs.ByNameAsync(dag.Spec, assignment, task, type, cancellation);

        public ValueTask<string?> VariableAsync(string name, CancellationToken cancellation) => runner.VariableAsync(name, cancellation);

        public string NewFile(string name) => runner.FileFor(assignment, name);

        public HomeFolder Home => runner.Home;
    }
}
