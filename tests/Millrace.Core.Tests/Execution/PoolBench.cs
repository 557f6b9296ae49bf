using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Execution;
using Millrace.Runs;
using Millrace.Testing.Servers;

namespace Millrace.Core.Tests.Execution;

/// <summary>A pool of real worker processes with the Dag <c>deeds</c> in a bundle, and everything it reports.</summary>
sealed class PoolBench : IExecutorListener, ITaskServices, IAsyncDisposable
{
    static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    static readonly string BundleHash = "deeds";

    readonly TempFolder folder = new();
    readonly ConcurrentDictionary<Guid, TaskCompletionSource<AttemptReport>> reports = new();
    readonly ConcurrentDictionary<Guid, TaskCompletionSource<string?>> callbacks = new();
    readonly RunId run = RunId.New(DateTimeOffset.UtcNow);
    int number;

    PoolBench(WorkerPoolOptions options, ILogger? logger)
    {
        Home = new HomeFolder(folder.FullPath);
        var bundle = Home.Bundle(BundleHash);
        Directory.CreateDirectory(bundle);
        var dags = Metadata("TestingDags");
        File.Copy(dags, Path.Combine(bundle, Path.GetFileName(dags)));
        File.WriteAllText(Path.Combine(bundle, Bundle.ManifestFile),
            JsonSerializer.Serialize(new { assembly = Path.GetFileName(dags), source = "Deeds.cs", createdAt = DateTimeOffset.UtcNow }));
        Pool = new WorkerPool(Home, this, options with { Command = options.Command ?? [Executable, "worker"] }, TimeProvider.System, logger ?? NullLogger.Instance);
    }

    public static async Task<PoolBench> StartAsync(WorkerPoolOptions? options = null, ILogger? logger = null, bool ready = true)
    {
        options ??= new WorkerPoolOptions { Min = 1, Max = 1 };
        var bench = new PoolBench(options, logger);
        await bench.Pool.StartAsync(bench, TestContext.Current.CancellationToken);
        if (ready) await UntilAsync(() => bench.Pool.Free >= options.Min);
        return bench;
    }

    public HomeFolder Home { get; }
    public WorkerPool Pool { get; }
    public ConcurrentDictionary<InstanceId, ResultValue> Results { get; } = new();
    public ConcurrentDictionary<string, string> Variables { get; } = new();
    /// <summary>Every report that came, also one too many.</summary>
    public ConcurrentQueue<AttemptReport> Reports { get; } = new();

    public Assignment Assignment(string task, int map = InstanceId.Unmapped, string parameters = "{}") => new()
    {
        Kind = AssignmentKind.Task,
        Attempt = new AttemptId(new InstanceId(run, task, map), Interlocked.Increment(ref number), Guid.NewGuid()),
        Dag = "deeds",
        Version = "1",
        Bundle = BundleHash,
        RunKey = "manual__2026-11-21T00:00:00Z",
        LogicalTime = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero),
        IntervalStart = new(2026, 11, 20, 0, 0, 0, TimeSpan.Zero),
        IntervalEnd = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero),
        Params = parameters,
        Try = 1,
        MaxTries = 3,
    };

    /// <summary>Gives it to the pool; the task ends with its report.</summary>
    public Task<AttemptReport> Run(Assignment assignment)
    {
        var report = reports.GetOrAdd(assignment.Attempt.Lease, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        Pool.Run(assignment);
        return report.Task.WaitAsync(Deadline, TestContext.Current.CancellationToken);
    }

    public Task<AttemptReport> Run(string task, string parameters = "{}") => Run(Assignment(task, parameters: parameters));

    public Task<string?> Call(Assignment assignment)
    {
        var ended = callbacks.GetOrAdd(assignment.Attempt.Lease, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        Pool.Run(assignment);
        return ended.Task.WaitAsync(Deadline, TestContext.Current.CancellationToken);
    }

    public async Task<int> WorkerAsync() => int.Parse(Json(await Run("pid")), CultureInfo.InvariantCulture);

    public static string Json(AttemptReport report) => System.Text.Encoding.UTF8.GetString(report.Result?.Json ?? throw new InvalidOperationException(report.ToString()));

    public Task SaidAsync(Assignment assignment, string text) =>
        UntilAsync(() => File.Exists(Home.AttemptLog(assignment)) && Log(assignment).Contains(text, StringComparison.Ordinal));

    public string Log(Assignment assignment) => File.ReadAllText(Home.AttemptLog(assignment));

    /// <summary>What other processes do raises no event here: it is looked at until it is so.</summary>
    public static async Task UntilAsync(Func<bool> holds)
    {
        for (var began = TimeProvider.System.GetTimestamp(); !holds(); await Task.Delay(5))
            if (TimeProvider.System.GetElapsedTime(began) > Deadline) throw new TimeoutException($"It did not come true within {Deadline}.");
    }

    public static async Task<int> ReadPidAsync(string path)
    {
        var pid = 0;
        await UntilAsync(() => File.Exists(path) && int.TryParse(File.ReadAllText(path), out pid));
        return pid;
    }

    // A zombie that nobody has waited for is not alive.
    public static bool IsAlive(int pid) => File.Exists($"/proc/{pid}/stat") && !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);

    public void Reported(AttemptReport report)
    {
        Reports.Enqueue(report);
        if (report.Result is { } result) Results[report.Attempt.Instance] = result;
        reports.GetOrAdd(report.Attempt.Lease, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult(report);
    }

    public void CallbackEnded(Guid callback, string? error) => callbacks.GetOrAdd(callback, _ => new()).SetResult(error);

    public void FiringKnown(Guid question, FiringAnswer answer)
    {
    }

    public void CapacityChanged()
    {
    }

    public ValueTask<ResultValue?> ReadResultAsync(InstanceId id, CancellationToken cancellation) => new(Results.GetValueOrDefault(id));

    public ValueTask<IReadOnlyList<ResultRow>> ReadResultsAsync(RunId run, string task, CancellationToken cancellation) =>
        new([.. Results.Where(r => r.Key.Run == run && r.Key.Task == task).OrderBy(r => r.Key.MapIndex).Select(r => new ResultRow(r.Key, 1, r.Value))]);

    public ValueTask<string?> ReadVariableAsync(string key, CancellationToken cancellation) => new(Variables.GetValueOrDefault(key));

    public async ValueTask DisposeAsync()
    {
        await Pool.DisposeAsync();
        folder.Dispose();
    }

    public static string Executable => Metadata("MillraceExecutable");

    static string Metadata(string key) =>
        typeof(PoolBench).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
