using Millrace.Broker.State;
using Millrace.Broker.Tests.Files;
using Microsoft.Extensions.Logging.Abstractions;

namespace Millrace.Broker.Tests.Crashes;

/// <summary>The state's log is written again when most of it is old. The disk refuses that at each of its steps.</summary>
public sealed class StateRewriteTests
{
    const string State = "/disk/state/";
    const int Few = 50;
    static readonly byte[] Large = new byte[256 << 10];

    static BrokerNode Open(SimulatedDisk disk) => new(disk.Root, new(), TimeProvider.System, NullLogger.Instance);

    static byte[] Value(int version)
    {
        var value = Large.ToArray();
        BitConverter.TryWriteBytes(value, version);
        return value;
    }

    static int Version(BrokerNode node) => BitConverter.ToInt32(node.State.Find(StateKind.Broker, "large"));

    static async Task FillAsync(BrokerNode node, int versions)
    {
        await node.State.PutAsync([.. Enumerable.Range(0, Few).Select(i => new StateChange(StateKind.Broker, $"small {i}", [(byte)i]))]);
        for (var v = 1; v <= versions; v++) await node.State.PutAsync(StateKind.Broker, "large", Value(v));
    }

    static void Holds(BrokerNode node, string when)
    {
        for (var i = 0; i < Few; i++) Assert.True(node.State.Find(StateKind.Broker, $"small {i}") is { Length: 1 } value && value[0] == i, $"{when}: 'small {i}' isn't what it was.");
    }

    /// <summary>The version of the large value with which the log is written again.</summary>
    static async Task<int> RewritingVersionAsync()
    {
        using var node = Open(new SimulatedDisk(1));
        await FillAsync(node, 1);
        for (var version = 2; ; version++)
        {
            var end = node.State.EndOffset;
            await node.State.PutAsync(StateKind.Broker, "large", Value(version));
            if (node.State.EndOffset > end + 1) return version;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whatever_the_disk_refuses_of_it_all_that_was_remembered_stays(bool goesOn)
    {
        var version = await RewritingVersionAsync();
        var kinds = new HashSet<DiskStep>();
        for (var at = 1; ; at++)
        {
            var disk = new SimulatedDisk(at);
            var (steps, refused, writer, isFlushing) = (0, (DiskStep?)null, 0, false);
            using (var node = Open(disk))
            {
                await FillAsync(node, version - 1);
                writer = Environment.CurrentManagedThreadId;
                disk.Refuses = (step, path) =>
                {
                    // Not those of the checkpoint that comes by itself, nor of the flush that all wait for in the end.
                    if (Environment.CurrentManagedThreadId != writer) return false;
                    if (!path.StartsWith(State, StringComparison.Ordinal) && path != State[..^1]) return false;
                    steps++;
                    if (refused is null) isFlushing |= step == DiskStep.Flush;
                    if (steps != at && !(goesOn && steps > at)) return false;
                    refused ??= step;
                    return true;
                };
                var isAcknowledged = true;
                try
                {
                    await node.State.PutAsync(StateKind.Broker, "large", Value(version));
                }
                catch (IOException)
                {
                    isAcknowledged = false;
                }
                disk.Refuses = null;
                if (refused is null) break;
                kinds.Add(refused.Value);
                var when = $"Refused at step {at}, {refused}";
                // The first step writes the change. What is refused of writing all again, up to its flush, is no reason not to remember that.
                Assert.True(isAcknowledged || at == 1 || isFlushing, $"{when}: the change was refused.");
                // The power goes now, or later, after the broker has gone on.
                foreach (var after in new[] { disk.AfterPowerLoss(), await GoneOnAsync(node, disk, version + 1) })
                {
                    using var next = Open(after);
                    Holds(next, when);
                    var found = Version(next);
                    Assert.True(found >= (isAcknowledged ? version : version - 1), $"{when}: version {found} is there, and version {version} was {(isAcknowledged ? "acknowledged" : "tried")}.");
                }
            }
        }
        // The new segment's name and head, the records, the flushes, the place where the log begins, and the old segment's end.
        Assert.Superset(new HashSet<DiskStep> { DiskStep.Create, DiskStep.Write, DiskStep.Flush, DiskStep.Rename }, kinds);
    }

    static async Task<SimulatedDisk> GoneOnAsync(BrokerNode node, SimulatedDisk disk, int version)
    {
        await node.State.PutAsync(StateKind.Broker, "large", Value(version));
        Holds(node, "Gone on");
        Assert.Equal(version, Version(node));
        return disk.AfterPowerLoss();
    }
}
