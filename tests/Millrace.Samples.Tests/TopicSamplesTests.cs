using Millrace.Broker;
using Millrace.Dags;
using Millrace.Data;
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
        var first = await For(EventTopics.Dag).At("2026-11-20").RunAsync(Cancel);
        var second = await For(EventTopics.Dag).At("2026-11-21").RunAsync(Cancel);

        Assert.True(first.State == RunState.Success, first.ToString());
        Assert.True(second.State == RunState.Success, second.ToString());
        Assert.Equal(["log1", "log2"], first.Result<TopicRecord<string>[]>("log_consumer").Select(r => r.Value).Order());
        var events = second.Result<TopicRecord<EventTopics.UserEvent>[]>("user_consumer");
        Assert.Equal(5, events.Length);
        Assert.Equal(["login website", "click item", "logout website"], events.Where(e => e.Key == "user1").Select(e => e.Value.Did));
        Assert.Single(events.Where(e => e.Key == "user1").Select(e => e.Partition).Distinct());
        Assert.Equal(10, second.Result<List<EventTopics.UserEvent>>("replay").Count);
        Assert.Contains("2 logs and 5 events are new, 10 events are there in all", second["print"].Log, StringComparison.Ordinal);
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
