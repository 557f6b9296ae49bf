using System.Net;
using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;
using Millrace.Testing;
using Millrace.Testing.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using static Millrace.Broker.Tests.Quotas.QuotaChanges;

namespace Millrace.Broker.Tests.Quotas;

public sealed class ConnectionQuotaTests
{
    readonly VirtualClock clock = new(DateTimeOffset.UtcNow);

    [Fact]
    public async Task An_address_that_connects_too_often_is_kept_waiting_and_then_closed()
    {
        using var said = new Sayings();
        await using var broker = EmbeddedBroker.Start(new() { Durability = Durability.PageCache }, said, clock);
        using var admin = new BrokerClient(broker);
        await SetAsync(admin, OfAddress("127.0.0.1"), ("connection_creation_rate", 1));
        for (var i = 0; i < 10; i++)
        {
            using var one = new BrokerClient(broker);
            await one.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [] }, 12);
        }
        using var tooMuch = new BrokerClient(broker);
        await tooMuch.SendAsync(new MetadataRequest { Topics = [] }, 12);
        var answer = tooMuch.ReceiveAsync();
        // Those that are there go on.
        await admin.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [] }, 12);
        // By the clock it could have come later, when it may.
        await said.UntilAsync("127.0.0.1 connects more often than it may", TestContext.Current.CancellationToken);
        while (!answer.IsCompleted)
        {
            clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }
        Assert.Null(await answer);
        clock.Advance(TimeSpan.FromSeconds(1));
        using var later = new BrokerClient(broker);
        await later.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [] }, 12);
    }

    [Fact]
    public async Task An_address_of_its_own_counts_before_the_default_and_each_address_by_itself()
    {
        await using var broker = EmbeddedBroker.Start(new() { Durability = Durability.PageCache }, NullLogger.Instance, clock);
        using var admin = new BrokerClient(broker);
        await SetAsync(admin, OfAddress("10.0.0.1"), ("connection_creation_rate", 2));
        await SetAsync(admin, OfAddress(null), ("connection_creation_rate", 1));
        int Connected(string address)
        {
            var times = 0;
            while (broker.Node.Quotas.Connect(IPAddress.Parse(address)) == TimeSpan.Zero) times++;
            return times;
        }
        Assert.Equal((20, 10, 10), (Connected("10.0.0.1"), Connected("10.0.0.2"), Connected("10.0.0.3")));
        Assert.Equal(0, Connected("::ffff:10.0.0.1"));
        Assert.Equal(TimeSpan.FromMilliseconds(500), broker.Node.Quotas.Connect(IPAddress.Parse("10.0.0.1")));
    }
}
