using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Millrace.Assets;
using Millrace.Broker;
using Millrace.Dags;
using Millrace.Kafka;
using Millrace.Operators;
using Millrace.Runs;
using Millrace.Scheduling;
using Millrace.Testing.Servers;

namespace Millrace.Hosting.Tests;

/// <summary>Dags that records start, in hosts of their own, with a broker in this process.</summary>
public sealed class TopicWatchTests : IAsyncLifetime
{
    readonly TempFolder home = new();
    readonly List<IHost> hosts = [];
    readonly Channel<string[]> seen = Channel.CreateUnbounded<string[]>();
    readonly Sayings said = new();
    EmbeddedBroker broker = null!;
    KafkaClient kafka = null!;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        broker = await EmbeddedBroker.StartAsync(cancellation: Cancellation);
        kafka = new(Cluster);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in hosts) await ((IAsyncDisposable)host).DisposeAsync();
        await kafka.DisposeAsync();
        await broker.DisposeAsync();
        home.Dispose();
    }

    KafkaOptions Cluster => new() { BootstrapServers = broker.BootstrapServers };

    async Task<MillraceClient> StartAsync(Dag dag, Action<MillraceBuilder>? more = null)
    {
        var host = Host.CreateDefaultBuilder()
            .ConfigureLogging(logging => logging.ClearProviders().AddProvider(said))
            .ConfigureServices(services => services.AddMillrace(millrace =>
            {
                millrace.UseHome(home.FullPath).UseKafka(Cluster).AddDag(dag);
                more?.Invoke(millrace);
            }))
            .Build();
        hosts.Add(host);
        await host.StartAsync(Cancellation);
        return host.Services.GetRequiredService<MillraceClient>();
    }

    async Task StopAsync()
    {
        var host = hosts[^1];
        hosts.Remove(host);
        await host.StopAsync(Cancellation);
        await ((IAsyncDisposable)host).DisposeAsync();
    }

    Dag Watching(Schedule schedule, Action<DagBuilder>? more = null) => Dag.Build("orders", d =>
    {
        d.Schedule = schedule;
        more?.Invoke(d);
        var records = d.TriggeringRecords<string>("read", new() { Kafka = _ => Cluster });
        d.Task("tell", records, all => seen.Writer.TryWrite([.. all.Select(r => r.Value)]));
    });

    async Task SendAsync(string topic, params string[] values)
    {
        await using var producer = kafka.CreateProducer<string?, string>();
        foreach (var value in values) await producer.EnqueueAsync(topic, null, value, Cancellation);
        await producer.FlushAsync(Cancellation);
    }

    Task<string[]> NextAsync() => seen.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(60), Cancellation);

    [Fact]
    public async Task Each_record_starts_a_run_of_its_own_which_reads_it()
    {
        await kafka.Admin.CreateTopicAsync("orders", 1, cancellation: Cancellation);
        await SendAsync("orders", "before the Dag was known");
        var millrace = await StartAsync(Watching(Schedule.OnRecords("orders"), d => d.MaxActiveRuns = 1));
        await said.UntilAsync("Watching topic 'orders'", Cancellation);

        await SendAsync("orders", "one", "two");
        Assert.Equal(["one"], await NextAsync());
        Assert.Equal(["two"], await NextAsync());

        var runs = await millrace.ListRunsAsync("orders", cancellation: Cancellation);
        Assert.Equal(["record__orders-0-2", "record__orders-0-1"], runs.Select(run => run.Key));
        // Cleared, triggered or tried again: the same records, or none.
        Assert.Equal(RunState.Success, (await millrace.RunAsync("orders", cancellation: Cancellation)).State);
        Assert.Empty(await NextAsync());
    }

    [Fact]
    public async Task Records_that_come_together_start_one_run_over_all_partitions()
    {
        await kafka.Admin.CreateTopicAsync("orders", 3, cancellation: Cancellation);
        await SendAsync("orders", [.. Enumerable.Range(0, 30).Select(i => $"{i}")]);
        await StartAsync(Watching(Schedule.OnRecords("orders", atMost: 100, within: TimeSpan.FromMinutes(1)), d => d.Catchup = true));
        await said.UntilAsync("Watching topic 'orders'", Cancellation);

        await SendAsync("orders", [.. Enumerable.Range(30, 80).Select(i => $"{i}")]);

        // The first hundred, and the rest waits for more.
        var first = await NextAsync();
        Assert.Equal(100, first.Distinct().Count());
        await SendAsync("orders", [.. Enumerable.Range(110, 90).Select(i => $"{i}")]);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"{i}").Order(), first.Concat(await NextAsync()).Order());
    }

    [Fact]
    public async Task What_came_while_no_scheduler_ran_starts_runs_when_one_does()
    {
        await kafka.Admin.CreateTopicAsync("orders", 1, cancellation: Cancellation);
        var dag = Watching(Schedule.OnRecords("orders"));
        await StartAsync(dag);
        await SendAsync("orders", "one");
        Assert.Equal(["one"], await NextAsync());
        await StopAsync();

        await SendAsync("orders", "two");
        await StartAsync(dag);
        await SendAsync("orders", "three");

        Assert.Equal(["three", "two"], (await NextAsync()).Concat(await NextAsync()).Order());
    }

    [Fact]
    public async Task While_a_Dag_is_paused_its_records_wait()
    {
        await kafka.Admin.CreateTopicAsync("orders", 1, cancellation: Cancellation);
        var millrace = await StartAsync(Watching(Schedule.OnRecords("orders")));
        await said.UntilAsync("Watching topic 'orders'", Cancellation);
        await millrace.SetPausedAsync("orders", true, Cancellation);
        await said.UntilAsync("No longer watching topic 'orders'", Cancellation);

        await SendAsync("orders", "one");
        Assert.Empty(await millrace.ListRunsAsync("orders", cancellation: Cancellation));
        await millrace.SetPausedAsync("orders", false, Cancellation);

        Assert.Equal(["one"], await NextAsync());
    }

    [Fact]
    public async Task No_more_runs_wait_than_the_Dag_may_have_twice()
    {
        await kafka.Admin.CreateTopicAsync("orders", 1, cancellation: Cancellation);
        await SendAsync("orders", [.. Enumerable.Range(0, 20).Select(i => $"{i}")]);
        var free = new SemaphoreSlim(0);
        var most = new ConcurrentBag<int>();
        MillraceClient? millrace = null;
        var dag = Dag.Build("orders", d =>
        {
            d.Schedule = Schedule.OnRecords("orders");
            d.MaxActiveRuns = 2;
            d.Catchup = true;
            d.Task("work", async context =>
            {
                await free.WaitAsync(context.Cancellation);
                most.Add((await millrace!.ListRunsAsync("orders", cancellation: context.Cancellation)).Count(run => run.EndedAt is null));
                seen.Writer.TryWrite([context.RunId]);
            });
        });
        millrace = await StartAsync(dag);
        free.Release(20);

        var keys = new List<string>();
        for (var i = 0; i < 20; i++) keys.AddRange(await NextAsync());

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"record__orders-0-{i}").Order(), keys.Order());
        Assert.True(most.Max() <= 4, $"{most.Max()} runs were open at once.");
    }

    [Fact]
    public async Task A_topic_that_comes_late_is_watched_from_its_first_record()
    {
        await StartAsync(Watching(Schedule.OnRecords("late"), d => d.Catchup = true));
        await said.UntilAsync("Topic 'late' isn't there yet: dag orders waits for it", Cancellation);
        await SendAsync("late", "one");
        Assert.Equal(["one"], await NextAsync());
    }

    [Theory]
    [InlineData("three")]
    [InlineData("three", "four", "five")]
    public async Task A_topic_that_was_made_anew_is_read_from_its_beginning_however_long_it_is(params string[] anew)
    {
        await kafka.Admin.CreateTopicAsync("orders", 1, cancellation: Cancellation);
        var dag = Watching(Schedule.OnRecords("orders", atMost: 10), d => d.Catchup = true);
        await SendAsync("orders", "one", "two");
        await StartAsync(dag);
        Assert.Equal(["one", "two"], await NextAsync());
        await StopAsync();

        await kafka.Admin.DeleteTopicAsync("orders", Cancellation);
        await kafka.Admin.CreateTopicAsync("orders", 1, cancellation: Cancellation);
        await SendAsync("orders", anew);
        await StartAsync(dag);

        Assert.Equal(anew, await NextAsync());
        await said.UntilAsync("Topic 'orders' was made anew since dag orders was in it: it is read from its beginning", Cancellation);
    }

    [Fact]
    public async Task Records_that_are_gone_when_their_run_wants_them_fail_it_and_say_so()
    {
        await kafka.Admin.CreateTopicAsync("orders", 1, cancellation: Cancellation);
        var hold = new SemaphoreSlim(0);
        var dag = Dag.Build("orders", d =>
        {
            d.Schedule = Schedule.OnRecords("orders", atMost: 3);
            d.Catchup = true;
            var wait = d.Task("wait", async context =>
            {
                seen.Writer.TryWrite([context.RunId]);
                await hold.WaitAsync(context.Cancellation);
            });
            _ = wait >> d.TriggeringRecords<string>("read", new() { Kafka = _ => Cluster });
        });
        await SendAsync("orders", "one", "two", "three");
        var millrace = await StartAsync(dag);
        Assert.Equal(["record__orders-0-0"], await NextAsync());

        await kafka.Admin.DeleteRecordsAsync(new("orders", 0), beforeOffset: 2, Cancellation);
        hold.Release();

        var run = await millrace.WaitAsync(Assert.Single(await millrace.ListRunsAsync("orders", cancellation: Cancellation)).Id, Cancellation);
        Assert.Equal(RunState.Failed, run.State);
        Assert.Contains("2 of the 3 records that started this run are no longer in topic 'orders'. Keep records longer", run.Tasks.Single(task => task.Id == "read").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_that_are_gone_before_the_watch_comes_to_them_are_told_of()
    {
        await kafka.Admin.CreateTopicAsync("orders", 1, cancellation: Cancellation);
        var dag = Watching(Schedule.OnRecords("orders"));
        await StartAsync(dag);
        await SendAsync("orders", "one");
        Assert.Equal(["one"], await NextAsync());
        await StopAsync();

        await SendAsync("orders", "two", "three", "four");
        await kafka.Admin.DeleteRecordsAsync(new("orders", 0), beforeOffset: 3, Cancellation);
        await StartAsync(dag);

        Assert.Equal(["four"], await NextAsync());
        await said.UntilAsync("2 offsets of partition orders-0 were deleted before dag orders came to them", Cancellation);
    }

    [Fact]
    public async Task Records_update_an_asset_and_Dags_that_wait_for_it_run()
    {
        await kafka.Admin.CreateTopicAsync("prices", 1, cancellation: Cancellation);
        var dag = Dag.Build("report", d =>
        {
            d.Schedule = Schedule.OnAll(new Asset("prices") { Topic = "prices" });
            d.Task("tell", context => seen.Writer.TryWrite([context.RunId.Split("__")[0]]));
        });
        var millrace = await StartAsync(dag);
        await said.UntilAsync("Watching topic 'prices'", Cancellation);

        await SendAsync("prices", "1.50");
        Assert.Equal(["asset"], await NextAsync());
        await SendAsync("prices", "1.60");
        Assert.Equal(["asset"], await NextAsync());
        Assert.Equal(2, (await millrace.ListRunsAsync("report", cancellation: Cancellation)).Count);
    }

    [Fact]
    public async Task Two_hosts_on_one_database_start_one_run_for_each_record()
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancellation);
        await kafka.Admin.CreateTopicAsync("orders", 2, cancellation: Cancellation);
        var dag = Watching(Schedule.OnRecords("orders"));
        var millrace = await StartAsync(dag, m => m.UsePostgres(database.ConnectionString));
        await StartAsync(dag, m => m.UsePostgres(database.ConnectionString));
        await said.UntilAsync("Watching topic 'orders'", Cancellation, times: 2);

        await SendAsync("orders", [.. Enumerable.Range(0, 50).Select(i => $"{i}")]);
        var all = new List<string>();
        while (all.Count < 50) all.AddRange(await NextAsync());
        // One of the two goes, and what comes then is the other's.
        await StopAsync();
        await SendAsync("orders", [.. Enumerable.Range(50, 10).Select(i => $"{i}")]);
        while (all.Count < 60) all.AddRange(await NextAsync());

        Assert.Equal(Enumerable.Range(0, 60).Select(i => $"{i}").Order(), all.Order());
        Assert.Equal(60, (await millrace.ListRunsAsync("orders", 100, Cancellation)).Count);
    }
}
