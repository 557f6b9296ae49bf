using System.Net;
using Millrace.Broker.Connections;
using Millrace.Broker.State;
using Millrace.Broker.Tests.Connections;
using Millrace.Broker.Tests.Files;
using Millrace.Kafka.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace Millrace.Broker.Tests.Crashes;

public sealed class StateTests
{
    static BrokerNode Open(SimulatedDisk disk) => new(disk.Root, new(), TimeProvider.System, NullLogger.Instance);

    [Fact]
    public async Task A_block_of_producer_ids_that_the_disk_refused_is_not_given_out()
    {
        var disk = new SimulatedDisk(1);
        var given = new List<long>();
        using (var node = Open(disk)) given.Add(await node.Transactions.NextIdAsync());
        using (var node = Open(disk))
        {
            disk.FailingFlushes = 100;
            await Assert.ThrowsAsync<IOException>(async () => await node.Transactions.NextIdAsync());
            disk.FailingFlushes = 0;
            given.Add(await node.Transactions.NextIdAsync());
        }
        using (var node = Open(disk)) given.Add(await node.Transactions.NextIdAsync());
        Assert.Equal(3, given.Distinct().Count());
    }

    [Fact]
    public async Task What_the_disk_refused_is_not_remembered()
    {
        var disk = new SimulatedDisk(1);
        using var node = Open(disk);
        await node.State.PutAsync(StateKind.BrokerConfig, "kept", [1]);
        disk.FailingFlushes = 100;
        await Assert.ThrowsAsync<IOException>(async () => await node.State.PutAsync([new(StateKind.BrokerConfig, "kept", null), new(StateKind.BrokerConfig, "refused", [2])]));
        disk.FailingFlushes = 0;
        await node.State.PutAsync(StateKind.BrokerConfig, "later", [3]);
        Assert.Equal(["kept", "later"], node.State.All(StateKind.BrokerConfig).Select(p => p.Key).Order());
    }

    [Fact]
    public async Task The_first_records_of_a_new_broker_outlive_a_loss_of_power_before_its_first_checkpoint()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var disk = new SimulatedDisk(seed) { Refuses = (_, path) => path.Contains("checkpoint", StringComparison.Ordinal) };
            using (var node = Open(disk))
            await using (var listener = Listen(node))
            using (var client = new BrokerClient(listener.Port))
            {
                await client.CreateAsync("orders");
                Assert.Equal(ErrorCode.None, (await client.ProduceAsync("orders", 0, Wire.Batch(["first"]))).ErrorCode);
                disk = disk.AfterPowerLoss();
            }
            using (var node = Open(disk))
            await using (var listener = Listen(node))
            using (var client = new BrokerClient(listener.Port))
            {
                Assert.Equal(["first"], await client.ValuesAsync("orders"));
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_topic_whose_deletion_the_disk_refused_takes_no_record_before_it_is_sure_to_stay(bool withPower)
    {
        // What a power cut leaves of a refused flush is another thing each time.
        for (var seed = 1; seed <= 20; seed++)
        {
            var disk = new SimulatedDisk(seed);
            using (var node = Open(disk))
            await using (var listener = Listen(node))
            using (var client = new BrokerClient(listener.Port))
            {
                await client.CreateAsync("orders");
                Assert.Equal(ErrorCode.None, (await client.ProduceAsync("orders", 0, Wire.Batch(["before"]))).ErrorCode);
                disk.FailingFlushes = 100;
                Assert.Equal(ErrorCode.KafkaStorageError, await node.Topics.DeleteAsync(node.Topics.Find("orders")!));
                Assert.Equal(ErrorCode.KafkaStorageError, (await client.ProduceAsync("orders", 0, Wire.Batch(["meanwhile"]))).ErrorCode);
                disk.FailingFlushes = 0;
                Assert.Equal(ErrorCode.None, (await client.ProduceAsync("orders", 0, Wire.Batch(["after"]))).ErrorCode);
                disk = withPower ? disk.AfterPowerLoss() : disk.AfterKill();
            }
            using (var node = Open(disk))
            await using (var listener = Listen(node))
            using (var client = new BrokerClient(listener.Port))
            {
                Assert.Equal(["before", "after"], await client.ValuesAsync("orders"));
            }
        }
    }

    static Listener Listen(BrokerNode node)
    {
        var listener = new Listener(node, IPAddress.Loopback, 0, tls: null);
        node.Advertise(listener.Port);
        listener.Start();
        return listener;
    }
}
