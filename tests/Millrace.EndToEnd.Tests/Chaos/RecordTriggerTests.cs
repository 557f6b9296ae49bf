using System.Globalization;
using Millrace.EndToEnd.Tests.FirstFiveMinutes;
using Millrace.Kafka;

namespace Millrace.EndToEnd.Tests.Chaos;

public sealed class RecordTriggerTests(ITestOutputHelper output)
{
    const int Rounds = 6, RecordsPerRound = 25;

    [Fact]
    public async Task Each_record_starts_one_run_though_scheduler_and_broker_are_killed()
    {
        var seed = Environment.GetEnvironmentVariable("MILLRACE_SEED") is { } given ? int.Parse(given, CultureInfo.InvariantCulture) : Random.Shared.Next();
        output.WriteLine($"seed {seed} (set MILLRACE_SEED to it to kill at the same records)");
        var random = new Random(seed);
        await using var stranger = new Stranger();
        stranger.Write("orders", """
            public static class Orders
            {
                public static Dag Dag { get; } = Dag.Build("orders", d =>
                {
                    d.Schedule = Schedule.OnRecords("orders");
                    d.TriggeringRecords<string>("read");
                });
            }
            """);

        for (var round = 0; round <= Rounds; round++)
        {
            var up = await stranger.StartAsync(brokerPort: "0");
            await up.SaysAsync("\"event\":\"broker\"", stranger.Cancellation);
            // What came before the Dag was known starts nothing.
            if (round == 0) await up.SaysAsync("\"event\":\"dag\"", stranger.Cancellation);
            if (round < Rounds) await SendAsync(await File.ReadAllTextAsync(Path.Combine(stranger.Home, "run", "broker"), stranger.Cancellation), round, stranger.Cancellation);
            // Somewhere among the runs of what was just sent, or at the end.
            var until = round < Rounds ? round * RecordsPerRound + random.Next(RecordsPerRound) : Rounds * RecordsPerRound - 1;
            var earlier = (await stranger.AskAsync("runs", "list", "orders", "--limit", "1000")).EnumerateArray().Select(run => run.GetProperty("key").GetString());
            if (!earlier.Contains($"record__orders-0-{until}")) await up.SaysAsync($"record__orders-0-{until}\"", stranger.Cancellation);
            if (round < Rounds) up.Kill();
        }

        var runs = (await stranger.AskAsync("runs", "list", "orders", "--limit", "1000")).EnumerateArray().Select(run => run.GetProperty("key").GetString()!).ToList();
        Assert.Equal(Enumerable.Range(0, Rounds * RecordsPerRound).Select(i => $"record__orders-0-{i}").Order(StringComparer.Ordinal), runs.Order(StringComparer.Ordinal));
        foreach (var run in runs[..5]) await stranger.ReadAsync("runs", "wait", "orders", run);
        var shown = await stranger.ReadAsync("runs", "show", "orders", "record__orders-0-17");
        Assert.Contains($"next records  orders-0 at {Rounds * RecordsPerRound}", await stranger.ReadAsync("dags", "show", "orders"), StringComparison.Ordinal);
        Assert.Contains("records        1 of topic orders: 0-17", shown, StringComparison.Ordinal);
    }

    static async Task SendAsync(string servers, int round, CancellationToken cancellation)
    {
        await using var kafka = new KafkaClient(servers);
        if (round == 0) await kafka.Admin.CreateTopicAsync("orders", partitions: 1, cancellation: cancellation);
        await using var producer = kafka.CreateProducer<string?, string>();
        for (var i = 0; i < RecordsPerRound; i++) await producer.EnqueueAsync("orders", null, $"{round}.{i}", cancellation);
        await producer.FlushAsync(cancellation);
    }
}
