using Millrace.Broker.State;
using Millrace.Broker.Tests.Files;
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
}
