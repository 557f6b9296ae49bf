using Millrace.Broker.Groups;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Groups;

/// <summary>A week of clients that join, sync, leave, die and come back under their instance ids.</summary>
public sealed class ClassicGroupSimulation
{
    const long Week = 7L * 24 * 60 * 60 * 1000;

    sealed class Client(string? instance)
    {
        internal string? Instance => instance;
        internal string MemberId { get; set; } = "";
        internal int Generation { get; set; } = -1;
        internal Task<JoinGroupResponse>? Joining { get; set; }
        internal Task<SyncGroupResponse>? Syncing { get; set; }
        internal string? Part { get; set; }
    }

    [Fact]
    public void In_a_week_of_churn_all_who_live_end_in_one_generation_with_the_parts_that_its_leader_gave()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var random = new Random(seed);
            var (now, number, last) = (0L, 0, 0);
            var group = new ClassicGroup("g", initialDelayMs: random.Next(2) * 3_000, mostMembers: int.MaxValue, name => $"{name}-{++number}");
            var clients = new List<Client>();
            while (now < Week)
            {
                now += random.Next(100, 120_000);
                if (random.Next(3) == 0 && clients.Count < 12) clients.Add(new(random.Next(3) == 0 ? $"i{random.Next(3)}" : null));
                if (random.Next(6) == 0 && clients.Count > 0) clients.RemoveAt(random.Next(clients.Count));
                if (random.Next(6) == 0 && clients.Count > 0 && clients[random.Next(clients.Count)] is var leaving && leaving.MemberId.Length > 0)
                {
                    group.Leave(leaving.MemberId, null, now);
                    clients.Remove(leaving);
                }
                Live(group, clients, now);
                Assert.True(group.Generation >= last, $"Seed {seed}: the generation went back.");
                last = group.Generation;
            }
            clients.RemoveAll(c => c.Instance is not null);
            if (clients.Count == 0) clients.Add(new(null));
            for (var round = 0; round < 400; round++)
            {
                now += 1_000;
                Live(group, clients, now);
            }
            Assert.True(group.State == ClassicState.Stable, $"Seed {seed}: the group is {group.State}.");
            Assert.True(clients.TrueForAll(c => c.Generation == group.Generation && c.Part == $"{c.MemberId} in {group.Generation}"), $"Seed {seed}: a member has another part than it was given.");
            Assert.True(clients.Count == group.Members.Count, $"Seed {seed}: the group has {group.Members.Count} members, and {clients.Count} live.");
        }
    }

    static void Live(ClassicGroup group, List<Client> clients, long now)
    {
        if (group.NextDeadline() <= now) group.Tick(now);
        foreach (var client in clients)
        {
            if (client.Joining is { IsCompleted: true } joined) Joined(group, client, joined.Result, now);
            else if (client.Syncing is { IsCompleted: true } synced) Synced(client, synced.Result);
            else if (client.Joining is null && client.Syncing is null && client.Part is null) Join(group, client, now);
            else if (client.Part is not null)
            {
                var error = group.Heartbeat(client.MemberId, client.Instance, client.Generation, now);
                if (error != ErrorCode.None) Again(client, error);
            }
        }
    }

    static void Join(ClassicGroup group, Client client, long now)
    {
        var answer = new TaskCompletionSource<JoinGroupResponse>();
        client.Joining = answer.Task;
        group.Join(new(client.MemberId, client.Instance, "c", "h", 30_000, 60_000, "consumer", [new() { Name = "range", Metadata = [] }]) { NeedsIdFirst = true }, answer, now);
    }

    static void Joined(ClassicGroup group, Client client, JoinGroupResponse joined, long now)
    {
        client.Joining = null;
        if (joined.ErrorCode == ErrorCode.MemberIdRequired) client.MemberId = joined.MemberId;
        if (joined.ErrorCode != ErrorCode.None)
        {
            Again(client, joined.ErrorCode);
            return;
        }
        (client.MemberId, client.Generation) = (joined.MemberId, joined.GenerationId);
        var answer = new TaskCompletionSource<SyncGroupResponse>();
        client.Syncing = answer.Task;
        group.Sync(new()
        {
            GroupId = "g",
            MemberId = client.MemberId,
            GroupInstanceId = client.Instance,
            GenerationId = client.Generation,
            Assignments = [.. joined.Members.Select(m => new SyncGroupRequest.SyncGroupRequestAssignment { MemberId = m.MemberId, Assignment = System.Text.Encoding.ASCII.GetBytes($"{m.MemberId} in {joined.GenerationId}") })],
        }, answer, now);
    }

    static void Synced(Client client, SyncGroupResponse synced)
    {
        client.Syncing = null;
        if (synced.ErrorCode != ErrorCode.None) Again(client, synced.ErrorCode);
        else client.Part = System.Text.Encoding.ASCII.GetString(synced.Assignment);
    }

    static void Again(Client client, ErrorCode error)
    {
        client.Part = null;
        if (error is ErrorCode.UnknownMemberId or ErrorCode.FencedInstanceId) client.MemberId = "";
    }
}
