using System.Collections.Concurrent;
using System.Text.Json;
using Millrace.Dags;
using Millrace.Execution;
using Millrace.Runs;
using Millrace.Testing.Servers;

namespace Millrace.Core.Tests.Execution;

/// <summary>A home folder, results kept in memory, and a runner to run single tasks with.</summary>
sealed class RunnerBench : ITaskServices, IDisposable
{
    readonly TempFolder folder = new();
    readonly RunId run = RunId.New(DateTimeOffset.UtcNow);

    public RunnerBench()
    {
        Home = new HomeFolder(folder.FullPath);
        Runner = new TaskRunner(Home, this, TimeProvider.System, TimeSpan.FromMilliseconds(200), (group, alive) =>
        {
            if (alive) Groups.TrySetResult(group);
        });
        ConsoleCapture.Install();
    }

    public HomeFolder Home { get; }
    public TaskRunner Runner { get; }
    public TaskCompletionSource<int> Groups { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    public Dictionary<InstanceId, ResultValue> Results { get; } = [];
    public Dictionary<string, string> Variables { get; } = [];
    public int Reads { get; private set; }

    public static Assignment Of(Dag dag, string task, RunId run, int map = InstanceId.Unmapped, string parameters = "{}") => new()
    {
        Kind = AssignmentKind.Task,
        Attempt = new AttemptId(new InstanceId(run, task, map), 1, Guid.NewGuid()),
        Dag = dag.Name,
        Version = dag.ContentHash,
        Bundle = "",
        RunKey = "manual__2026-11-21T00:00:00Z",
        LogicalTime = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero),
        IntervalStart = new(2026, 11, 20, 0, 0, 0, TimeSpan.Zero),
        IntervalEnd = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero),
        Params = parameters,
        Try = 1,
        MaxTries = 3,
        ListAttempt = 1,
    };

    public Assignment Assignment(Dag dag, string task, int map = InstanceId.Unmapped, string parameters = "{}") => Of(dag, task, run, map, parameters);

    /// <summary>Runs the task and keeps its result for the next ones.</summary>
    public async Task<AttemptReport> RunAsync(Dag dag, string task, int map = InstanceId.Unmapped, string parameters = "{}", AttemptCancellation? cancellation = null)
    {
        using var own = new AttemptCancellation();
        var report = await Runner.RunAsync(dag, Assignment(dag, task, map, parameters), "test", cancellation ?? own);
        if (report.Result is { } result) Results[report.Attempt.Instance] = result;
        return report;
    }

    public static string Json(AttemptReport report) => System.Text.Encoding.UTF8.GetString(report.Result!.Json!);

    public static string Text(AttemptReport report) => JsonSerializer.Deserialize<string>(report.Result!.Json!)!;

    public string Log(Dag dag, string task, int map = InstanceId.Unmapped)
    {
        var path = Home.AttemptLog(Assignment(dag, task, map));
        return File.Exists(path) ? File.ReadAllText(path) : "";
    }

    public ValueTask<ResultValue?> ReadResultAsync(InstanceId id, CancellationToken cancellation)
    {
        Reads++;
        return new(Results.GetValueOrDefault(id));
    }

    public ValueTask<IReadOnlyList<ResultRow>> ReadResultsAsync(RunId run, string task, CancellationToken cancellation) =>
        new([.. Results.Where(r => r.Key.Run == run && r.Key.Task == task).OrderBy(r => r.Key.MapIndex).Select(r => new ResultRow(r.Key, 1, r.Value))]);

    public ValueTask<string?> ReadVariableAsync(string key, CancellationToken cancellation) => new(Variables.GetValueOrDefault(key));

    public void Dispose() => folder.Dispose();
}
