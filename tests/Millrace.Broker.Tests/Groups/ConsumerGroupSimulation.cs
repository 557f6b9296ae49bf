using Millrace.Broker.Groups;
using Millrace.Kafka.Wire;
using Assignor = Millrace.Broker.Groups.Assignor;

namespace Millrace.Broker.Tests.Groups;

/// <summary>A week of members that come, go, die and change their minds, with topics that grow.</summary>
public sealed class ConsumerGroupSimulation
{
    const long Week = 7L * 24 * 60 * 60 * 1000;
    const int SessionMs = 45_000;

    sealed class Client(string id)
    {
        internal string Id => id;
        internal int Epoch { get; set; }
        internal HashSet<Place> Owned { get; set; } = [];
        internal List<string> Topics { get; set; } = [];
        internal bool SaysTopics { get; set; } = true;
        internal bool IsDead { get; set; }
        internal long DeadSince { get; set; }
    }

    [Theory]
    [InlineData(Assignor.Uniform)]
    [InlineData(Assignor.Range)]
    public void In_a_week_of_churn_no_partition_has_two_owners_and_in_the_end_each_has_one(string assignor)
    {
        for (var seed = 1; seed <= 5; seed++)
        {
            var random = new Random(seed);
            var topics = new Dictionary<string, (Guid Id, int Partitions)> { ["a"] = (new(1, 0, 0, new byte[8]), 7), ["b"] = (new(2, 0, 0, new byte[8]), 4) };
            var group = new ConsumerGroup("g", new(n => topics.TryGetValue(n, out var t) ? t : null, () => topics.Keys), SessionMs, 5_000, int.MaxValue, assignmentIntervalMs: 1_000);
            var clients = new List<Client>();
            var (now, number) = (0L, 0);
            while (now < Week)
            {
                now += random.Next(1_000, 600_000);
                if (group.NextDeadline() is { } due && due <= now) group.Tick(now);
                clients.RemoveAll(c => c.IsDead && now - c.DeadSince > SessionMs);
                Act(random, group, topics, clients, ref number, now);
                // The living beat all the while.
                for (var beats = random.Next(1, 4); beats > 0; beats--)
                    foreach (var client in clients.Where(c => !c.IsDead).ToList()) Beat(group, client, assignor, now);
                Disjoint(clients, seed);
            }
            clients.RemoveAll(c => c.IsDead);
            if (clients.Count == 0) clients.Add(new($"m{++number}") { Topics = ["a", "b"] });
            for (var round = 0; round < 40; round++)
            {
                now += 5_000;
                group.Tick(now);
                foreach (var client in clients) Beat(group, client, assignor, now);
                Disjoint(clients, seed);
            }
            var wanted = clients.SelectMany(c => c.Topics).Distinct().Sum(t => topics[t].Partitions);
            Assert.True(wanted == clients.Sum(c => c.Owned.Count) && group.State == "Stable", $"Seed {seed}: {clients.Sum(c => c.Owned.Count)} of {wanted} partitions are owned, and the group is {group.State}.");
            if (assignor == Assignor.Uniform && clients.TrueForAll(c => c.Topics.Count == 2))
                Assert.True(clients.Max(c => c.Owned.Count) - clients.Min(c => c.Owned.Count) <= 1, $"Seed {seed}: it is not even.");
        }
    }

    static void Act(Random random, ConsumerGroup group, Dictionary<string, (Guid Id, int Partitions)> topics, List<Client> clients, ref int number, long now)
    {
        var living = clients.Where(c => !c.IsDead).ToList();
        switch (random.Next(10))
        {
            case < 4 when living.Count < 12:
                clients.Add(new($"m{++number}") { Topics = random.Next(4) == 0 ? ["a"] : ["a", "b"] });
                break;
            case 4 or 5 when living.Count > 0:
                var leaving = living[random.Next(living.Count)];
                if (leaving.Epoch > 0) group.Heartbeat(new() { GroupId = "g", MemberId = leaving.Id, MemberEpoch = -1 }, "c", "h", () => "", now);
                clients.Remove(leaving);
                break;
            case 6 when living.Count > 0:
                var dying = living[random.Next(living.Count)];
                (dying.IsDead, dying.DeadSince) = (true, now);
                break;
            case 7 when living.Count > 0:
                var changing = living[random.Next(living.Count)];
                (changing.Topics, changing.SaysTopics) = (changing.Topics.Count == 2 ? ["a"] : ["a", "b"], true);
                break;
            case 8 when topics["a"].Partitions < 40:
                topics["a"] = (topics["a"].Id, topics["a"].Partitions + 1);
                group.TopicsChanged(now);
                break;
        }
    }

    static void Beat(ConsumerGroup group, Client client, string assignor, long now)
    {
        var joins = client.Epoch == 0;
        var answer = group.Heartbeat(new()
        {
            GroupId = "g",
            MemberId = client.Id,
            MemberEpoch = client.Epoch,
            RebalanceTimeoutMs = 60_000,
            ServerAssignor = assignor,
            SubscribedTopicNames = joins || client.SaysTopics ? client.Topics : null,
            TopicPartitions = joins ? [] : [.. client.Owned.GroupBy(p => p.Topic).Select(g => new ConsumerGroupHeartbeatRequest.TopicPartitionsPart { TopicId = g.Key, Partitions = [.. g.Select(p => p.Partition)] })],
        }, "c", "h", () => "", now);
        if (answer.ErrorCode != ErrorCode.None)
        {
            // As clients do: it gives all up and joins again.
            (client.Epoch, client.Owned, client.SaysTopics) = (0, [], true);
            return;
        }
        (client.Epoch, client.SaysTopics) = (answer.MemberEpoch, false);
        if (answer.Assignment is { } assigned) client.Owned = [.. assigned.TopicPartitions.SelectMany(t => t.Partitions.Select(p => new Place(t.TopicId, p)))];
    }

    static void Disjoint(List<Client> clients, int seed)
    {
        var owned = clients.Where(c => !c.IsDead).SelectMany(c => c.Owned).ToList();
        Assert.True(owned.Count == owned.Distinct().Count(), $"Seed {seed}: a partition has two owners.");
    }
}
