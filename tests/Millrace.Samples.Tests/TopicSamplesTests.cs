using Millrace.Broker;
using Millrace.Dags;
using Millrace.Data;
using Millrace.Kafka;
using Millrace.Operators;
using Millrace.Runs;
using Millrace.Testing;

namespace Millrace.Samples.Tests;

public sealed class TopicSamplesTests : IAsyncLifetime
{
    readonly TempFolder folder = new();
    EmbeddedBroker broker = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => broker = await EmbeddedBroker.StartAsync(cancellation: Cancel);

    public async ValueTask DisposeAsync()
    {
        await broker.DisposeAsync();
        folder.Dispose();
    }

    DagTest For(Dag dag) => DagTest.For(dag).WithVariable(Connecting.Variable, broker.BootstrapServers);

    [Fact]
    public async Task Events_of_a_user_stay_in_order_and_are_there_to_be_read_again()
    {
        // As somebody types it who tries kafka-console-producer first.
        await using (var kafka = new KafkaClient(broker.BootstrapServers))
        {
            await kafka.Admin.CreateTopicAsync("user_topic", partitions: 2, cancellation: Cancel);
            await using var producer = kafka.CreateProducer<string, string>();
            await producer.SendAsync("user_topic", "user1", "typed by hand", Cancel);
        }
        var first = await For(EventTopics.Dag).At("2026-11-20").RunAsync(Cancel);
        var second = await For(EventTopics.Dag).At("2026-11-21").RunAsync(Cancel);

        Assert.True(first.State == RunState.Success, first.ToString());
        Assert.True(second.State == RunState.Success, second.ToString());
        Assert.Equal(["log1", "log2"], first.Result<TopicRecord<string>[]>("log_consumer").Select(r => r.Value).Order());
        Assert.Contains("typed by hand", first.Result<TopicRecord<string>[]>("user_consumer").Select(r => r.Value));
        var events = second.Result<TopicRecord<string>[]>("user_consumer");
        Assert.Equal(5, events.Length);
        Assert.Equal(["login website", "click item", "logout website"], events.Where(e => e.Key == "user1").Select(e => e.Value));
        Assert.Single(events.Where(e => e.Key == "user1").Select(e => e.Partition).Distinct());
        Assert.Equal(11, second.Result<int>("replay"));
        Assert.Contains("2 logs and 5 events are new, 11 events are there in all", second["print"].Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_extreme_weather_comes_to_the_processed_topic_and_a_retried_filter_loses_none()
    {
        var run = await For(WeatherTopics.Dag).Failing("filter", times: 1).RunAsync(Cancel);

        Assert.True(run.State == RunState.Success, run.ToString());
        Assert.Equal(3, run.Result<TopicRecord<WeatherTopics.Weather>[]>("raw_consumer").Length);
        Assert.Equal(["Bergen", "Tromsø"], run.Result<TopicRecord<WeatherTopics.Weather>[]>("processed_consumer").Select(r => r.Value.Station).Order(StringComparer.Ordinal));
        Assert.Contains("Tromsø: 95 km/h", run["dashboard"].Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_storm_is_told_of()
    {
        TopicRecord<WeatherAlerts.Storm>[] storms = [new("processed_weather_topic", 0, 7, DateTimeOffset.UnixEpoch, "Bergen", new("Bergen", 72))];

        var run = await For(WeatherAlerts.Dag).Returning("storm", storms).RunAsync(Cancel);

        Assert.Contains("Storm in Bergen: 72 km/h", run["alert"].Log, StringComparison.Ordinal);
        // Triggered by hand there is none, and that is no fault.
        Assert.Equal(RunState.Success, (await For(WeatherAlerts.Dag).RunAsync(Cancel)).State);
    }

    [Fact]
    public async Task Weather_and_posts_meet_in_a_database_once_each()
    {
        var database = folder["weather.db"];
        await For(WeatherAndPosts.Dag).With("database", database).RunAsync(Cancel);
        var run = await For(WeatherAndPosts.Dag).With("database", database).Failing("posts_writer", times: 1).RunAsync(Cancel);

        Assert.True(run.State == RunState.Success, run.ToString());
        Assert.Equal([new("Bergen", "storm", 2), new("Oslo", "clear", 1)], run.Result<List<WeatherAndPosts.Mood>>("dashboard"));
        Assert.Equal(3, await Frame.From(WeatherAndPosts.PostsTable(database)).CountAsync(Cancel));
    }
}
