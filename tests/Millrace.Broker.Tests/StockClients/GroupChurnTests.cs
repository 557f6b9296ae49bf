using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Millrace.Broker.Tests.Clients;
using Millrace.Kafka.Wire;
using Millrace.Testing.Servers;

namespace Millrace.Broker.Tests.StockClients;

/// <summary>Our members and those of kafkajs join, leave and die in one group, in an order that a seed chooses. MILLRACE_FAULT_SEED repeats one.</summary>
public sealed class GroupChurnTests(ITestOutputHelper output)
{
    const int Partitions = 6, MostMembers = 4, Steps = 12, SessionMs = 1_500;

    const string Group = "shop", Topic = "orders";

    static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Members_of_both_kinds_come_go_and_die_and_every_record_is_read()
    {
        var seed = Environment.GetEnvironmentVariable("MILLRACE_FAULT_SEED") is { Length: > 0 } one ? int.Parse(one, CultureInfo.InvariantCulture) : 4;
        await using var broker = await EmbeddedBroker.StartAsync(new() { Settings = new Dictionary<string, string> { ["group.min.session.timeout.ms"] = "100" } }, cancellation: Patience);
        await using var kafka = new KafkaClient(broker.BootstrapServers);
        await kafka.Admin.CreateTopicAsync(Topic, Partitions, cancellation: Patience);
        // Which fetches the packages where they aren't yet.
        await StockClient.ScriptAsync("kafkajs-keys.mjs", [broker.BootstrapServers, "warm-up"], "k\n");
        var scene = new Scene(broker, new(seed));
        try
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Patience);
            var producing = ProduceAsync(kafka, stop.Token);
            for (var step = 0; step < Steps && !producing.IsFaulted; step++) await scene.StepAsync();
            await scene.SettleAsync();
            await stop.CancelAsync();
            var sent = await producing;
            await scene.Told.UntilAsync(() => scene.Seen.Distinct().Count() == sent, Patience);
            output.WriteLine($"Seed {seed}: {string.Join(", ", scene.Story)}; {sent} records, {scene.Seen.Count - sent} of them read again");
        }
        catch (Exception failed) when (failed is not OperationCanceledException || !Patience.IsCancellationRequested)
        {
            throw new InvalidOperationException($"Seed {seed}, {string.Join(", ", scene.Story)}: {failed.Message}", failed);
        }
        finally
        {
            await scene.EndAsync();
        }
        Assert.All(await kafka.Admin.ListGroupOffsetsAsync(Group, Patience), o => Assert.Equal(0, o.Lag));
    }

    /// <summary>Numbers from 0 until it is stopped. Answers how many.</summary>
    static async Task<int> ProduceAsync(KafkaClient kafka, CancellationToken stop)
    {
        await using var producer = kafka.CreateProducer<string, string>();
        var next = 0;
        // 300 records a second, whoever reads: a rate of load, nothing is waited for by it.
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!stop.IsCancellationRequested)
        {
            for (var last = next + Partitions; next < last; next++) await producer.EnqueueAsync(new(Topic, "k", $"{next}") { Partition = next % Partitions }, cancellation: Patience);
            await producer.FlushAsync(Patience);
            await pace.WaitForNextTickAsync(Patience);
        }
        return next;
    }

    sealed class Scene(EmbeddedBroker broker, Random random)
    {
        readonly List<Member> members = [], gone = [];
        int made;

        internal List<string> Story { get; } = [];

        internal ConcurrentQueue<int> Seen { get; } = new();

        internal Changes Told { get; } = new();

        internal async Task StepAsync()
        {
            if (members.Count < 2 || (members.Count < MostMembers && random.Next(2) == 0))
            {
                Member member = random.Next(2) == 0 ? new Ours(this, broker, $"ours {++made}") : new Theirs(this, broker, $"theirs {++made}");
                members.Add(member);
                Story.Add($"{member} joins");
            }
            else
            {
                var member = members[random.Next(members.Count)];
                members.Remove(member);
                gone.Add(member);
                var dies = random.Next(2) == 0;
                Story.Add($"{member} {(dies ? "dies" : "leaves")}");
                if (dies) member.Kill();
                else await member.LeaveAsync();
            }
            // Some come or go while others still do.
            if (random.Next(3) > 0) await SettleAsync();
        }

        /// <summary>Waits until everybody has something and nothing has nobody, or two.</summary>
        internal async Task SettleAsync()
        {
            await Told.UntilAsync(() => members.TrueForAll(m => m.Owned.Length > 0) && members.SelectMany(m => m.Owned).Order().SequenceEqual(Enumerable.Range(0, Partitions)), Patience).WaitAsync(TimeSpan.FromSeconds(30), Patience);
            Story.Add("all is shared");
            // They are at work when the next of them goes.
            var before = Seen.Count;
            await Told.UntilAsync(() => Seen.Count >= before + 5 * Partitions, Patience).WaitAsync(TimeSpan.FromSeconds(30), Patience);
        }

        internal void See(string value)
        {
            Seen.Enqueue(int.Parse(value, CultureInfo.InvariantCulture));
            Told.Tell();
        }

        internal async Task EndAsync()
        {
            foreach (var member in members) await member.LeaveAsync();
            foreach (var member in members.Concat(gone)) await member.DisposeAsync();
        }
    }

    abstract class Member(string name) : IAsyncDisposable
    {
        public override string ToString() => name;

        internal abstract int[] Owned { get; }

        internal abstract void Kill();

        internal abstract Task LeaveAsync();

        public abstract ValueTask DisposeAsync();
    }

    /// <summary>It speaks through a relay, which is how it can be cut off in the middle of everything.</summary>
    sealed class Ours : Member
    {
        readonly CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Patience);
        readonly WireRelay relay;
        readonly KafkaClient kafka;
        readonly Consumer<string, string> consumer;
        readonly Task reading;
        volatile bool isDead;

        internal Ours(Scene scene, EmbeddedBroker broker, string name) : base(name)
        {
            relay = new((api, version, answer) => isDead ? null : api switch
            {
                ApiKey.Metadata => WireRelay.Change<MetadataResponse>(answer, version, m => m.Brokers.ForEach(b => b.Port = relay!.Port)),
                ApiKey.FindCoordinator => WireRelay.Change<FindCoordinatorResponse>(answer, version, f => f.Coordinators.ForEach(c => c.Port = relay!.Port)),
                _ => answer,
            })
            { BrokerPort = broker.Port };
            kafka = new(new KafkaOptions { BootstrapServers = $"127.0.0.1:{relay.Port}", RetryTimeout = TimeSpan.FromSeconds(1) });
            consumer = kafka.CreateConsumer<string, string>(new()
            {
                Topics = [Topic],
                Group = Group,
                SessionTimeout = TimeSpan.FromMilliseconds(SessionMs),
                HeartbeatInterval = TimeSpan.FromMilliseconds(100),
                OnAssigned = _ => Tell(scene),
                OnRevoked = _ => Tell(scene),
            });
            reading = Task.Run(() => ReadAsync(scene));
        }

        internal override int[] Owned => [.. consumer.Assignment.Select(p => p.Partition)];

        static ValueTask Tell(Scene scene)
        {
            scene.Told.Tell();
            return default;
        }

        async Task ReadAsync(Scene scene)
        {
            try
            {
                await foreach (var record in consumer.ReadAllAsync(stop.Token)) scene.See(record.Value);
            }
            catch (Exception ended) when (ended is OperationCanceledException || (ended is KafkaException && isDead))
            {
                // It is stopped, or cut off.
            }
        }

        internal override void Kill()
        {
            isDead = true;
            relay.BrokerPort = 1;
            stop.Cancel();
        }

        internal override async Task LeaveAsync()
        {
            await stop.CancelAsync();
            await reading;
            await consumer.DisposeAsync();
        }

        public override async ValueTask DisposeAsync()
        {
            await LeaveAsync();
            await kafka.DisposeAsync();
            await relay.DisposeAsync();
            stop.Dispose();
        }
    }

    sealed class Theirs : Member
    {
        readonly Process process;
        volatile int[] owned = [];

        internal Theirs(Scene scene, EmbeddedBroker broker, string name) : base(name)
        {
            process = StockClient.Start("kafkajs-member.mjs", broker.BootstrapServers, Group, Topic, $"{SessionMs}");
            process.OutputDataReceived += (_, line) =>
            {
                if (line.Data is not { } text) return;
                if (text.StartsWith("has ", StringComparison.Ordinal)) owned = [.. text[4..].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(p => int.Parse(p, CultureInfo.InvariantCulture))];
                else scene.See(text["read ".Length..]);
                scene.Told.Tell();
            };
            process.BeginOutputReadLine();
        }

        internal override int[] Owned => owned;

        internal override void Kill() => process.Kill();

        internal override Task LeaveAsync()
        {
            process.StandardInput.Close();
            return process.WaitForExitAsync(Patience);
        }

        public override async ValueTask DisposeAsync()
        {
            if (!process.HasExited) process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }
    }
}
