using Millrace.Execution;

namespace Millrace.Core.Tests.Execution;

public sealed class WorkerPoolTests
{
    [Fact]
    public async Task A_worker_runs_bodies_reads_what_they_need_and_reports_results()
    {
        await using var bench = await PoolBench.StartAsync();
        bench.Variables["key"] = "value";

        Assert.Equal(Outcome.Succeeded, (await bench.Run("nothing")).Outcome);
        Assert.Equal("7", PoolBench.Json(await bench.Run("seven")));
        Assert.Equal("14", PoolBench.Json(await bench.Run("double")));
        Assert.Equal("\"value\"", PoolBench.Json(await bench.Run("variable")));
        var failed = await bench.Run("throws");
        Assert.Equal((Outcome.Failed, "InvalidOperationException: as told"), (failed.Outcome, failed.Error));
    }

    [Fact]
    public async Task Results_of_many_instances_come_in_pages()
    {
        await using var bench = await PoolBench.StartAsync();
        var run = bench.Assignment("gather").Attempt.Instance.Run;
        var text = new string('x', 2000);
        for (var i = 0; i < 3000; i++)
            bench.Results[new(run, "each", i)] = new(System.Text.Encoding.UTF8.GetBytes($"\"{text}\""), null, 2002, null, "System.String");

        Assert.Equal("6000000", PoolBench.Json(await bench.Run("gather")));
    }

    [Fact]
    public async Task A_mapped_instance_gets_its_item()
    {
        await using var bench = await PoolBench.StartAsync();

        Assert.Equal("\"333\"", PoolBench.Json(await bench.Run(bench.Assignment("each", map: 2))));
    }

    [Fact]
    public async Task A_bundle_that_cannot_be_loaded_fails_the_attempt_with_the_reason()
    {
        await using var bench = await PoolBench.StartAsync();

        var gone = await bench.Run(bench.Assignment("nothing") with { Bundle = "gone" });
        var unknown = await bench.Run(bench.Assignment("nothing") with { Dag = "unknown" });

        Assert.Equal(Outcome.Failed, gone.Outcome);
        Assert.Contains("is not a bundle", gone.Error, StringComparison.Ordinal);
        Assert.Contains("has no Dag 'unknown'", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Thousands_of_short_tasks_each_get_one_report()
    {
        await using var bench = await PoolBench.StartAsync(new() { Min = 2, Max = 2 });

        await Task.WhenAll(Enumerable.Range(0, 5000).Select(_ => bench.Run("nothing")));

        Assert.Equal(5000, bench.Reports.Select(r => r.Attempt.Lease).Distinct().Count());
        Assert.Equal(5000, bench.Reports.Count);
    }

    [Fact]
    public async Task Short_tasks_behind_one_that_turns_out_long_go_to_another_worker()
    {
        await using var bench = await PoolBench.StartAsync(new() { Min = 2, Max = 2 });
        await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => bench.Run("nothing")));

        // Both workers take short ones ahead by now: many of these are sent behind the long one.
        var spins = bench.Run("spins", """{"seconds":20}""");
        var others = Enumerable.Range(0, 200).Select(_ => bench.Run("nothing")).ToList();
        await Task.WhenAll(others).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        Assert.False(spins.IsCompleted);
    }

    [Fact]
    public async Task Long_tasks_that_keep_others_waiting_make_the_pool_grow_and_idleness_lets_it_shrink()
    {
        await using var bench = await PoolBench.StartAsync(new() { Min = 1, Max = 3, IdleLimit = TimeSpan.FromSeconds(1) });

        var sleepers = Enumerable.Range(0, 3).Select(_ => bench.Run("sleeps", """{"seconds":3}""")).ToList();
        var reports = await Task.WhenAll(sleepers);

        Assert.Equal(3, reports.Select(r => r.Worker).Distinct().Count());
        await PoolBench.UntilAsync(() => bench.Pool.WorkerCount == 1);
    }

    [Fact]
    public async Task A_worker_is_replaced_after_its_number_of_tasks()
    {
        await using var bench = await PoolBench.StartAsync(new() { Min = 1, Max = 1, RecycleAfter = 3 });

        var workers = new List<int>();
        for (var i = 0; i < 7; i++) workers.Add(await bench.WorkerAsync());

        Assert.Equal(3, workers.Distinct().Count());
        Assert.Equal(workers[0], workers[2]);
    }

    [Fact]
    public async Task A_worker_above_its_memory_limit_is_replaced_once_its_task_has_ended()
    {
        await using var bench = await PoolBench.StartAsync(new() { Min = 1, Max = 1, MemoryLimit = 150L << 20 });
        var before = await bench.WorkerAsync();

        Assert.Equal(Outcome.Succeeded, (await bench.Run("hoards")).Outcome);
        await PoolBench.UntilAsync(() => !PoolBench.IsAlive(before));

        Assert.NotEqual(before, await bench.WorkerAsync());
    }

    [Fact]
    public async Task A_stopping_pool_lets_running_bodies_end_and_returns_the_rest()
    {
        await using var bench = await PoolBench.StartAsync();
        var running = bench.Run("sleeps", """{"seconds":1}""");
        var waiting = bench.Run("nothing");
        await PoolBench.UntilAsync(() => bench.Pool.BegunCount == 1);

        await bench.Pool.StopAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(2, bench.Reports.Count);
        Assert.Equal(Outcome.Succeeded, (await running).Outcome);
        Assert.Equal(Outcome.Returned, (await waiting).Outcome);
        Assert.Equal(Outcome.Returned, (await bench.Run("nothing")).Outcome);
    }

    [Fact]
    public async Task What_outlives_the_grace_of_a_stop_is_reported_lost()
    {
        await using var bench = await PoolBench.StartAsync();
        var worker = await bench.WorkerAsync();
        var ignores = bench.Run("ignores");
        await PoolBench.UntilAsync(() => bench.Pool.BegunCount == 1);

        await bench.Pool.StopAsync(TimeSpan.FromMilliseconds(200));

        Assert.Equal(Outcome.Lost, (await ignores).Outcome);
        Assert.False(PoolBench.IsAlive(worker));
    }

    [Fact]
    public async Task A_worker_that_cannot_start_is_logged_with_its_last_words_and_tried_again_later()
    {
        var log = new Lines();
        await using var bench = await PoolBench.StartAsync(new() { Min = 1, Max = 1, Command = ["/bin/sh", "-c", "echo no luck >&2; exit 7"] }, log, ready: false);

        await PoolBench.UntilAsync(() => log.All.Any(l => l.Contains("could not be started", StringComparison.Ordinal)));

        var line = log.All.First(l => l.Contains("could not be started", StringComparison.Ordinal));
        Assert.Contains("exited with code 7", line, StringComparison.Ordinal);
        Assert.Contains("no luck", line, StringComparison.Ordinal);
        // Half a second passes between the first two tries: a loop would have made hundreds.
        Assert.InRange(log.All.Count(l => l.Contains("could not be started", StringComparison.Ordinal)), 1, 3);
    }

    [Fact]
    public async Task The_socket_is_the_owners_alone_and_strangers_are_turned_away()
    {
        await using var bench = await PoolBench.StartAsync();
        var socket = Directory.GetFiles(bench.Home.Run, "workers-*.sock").Single();

        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(socket));
        using var stranger = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        await stranger.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(socket), TestContext.Current.CancellationToken);
        var hello = new FrameWriter();
        hello.Add(FrameKind.Hello, new HelloFrame("guessed", 1), FrameJson.Default.HelloFrame);
        await stranger.SendAsync(hello.Bytes, TestContext.Current.CancellationToken);
        Assert.Equal(0, await stranger.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken));

        await bench.Pool.DisposeAsync();
        Assert.False(File.Exists(socket));
    }

    sealed class Lines : Microsoft.Extensions.Logging.ILogger
    {
        public System.Collections.Concurrent.ConcurrentQueue<string> All { get; } = new();

        public void Log<TState>(Microsoft.Extensions.Logging.LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Enqueue(formatter(state, exception));

        public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
    }
}
