namespace Millrace.Kafka;

/// <summary>How the first member of a classic group shares partitions among all.</summary>
public abstract class Assignor
{
    private protected Assignor(string name) => Name = name;

    /// <summary>The partitions of each topic in ranges: those of the same number go to the same member, across topics.</summary>
    public static Assignor Range { get; } = new RangeAssignor();

    /// <summary>One after the other, across all topics.</summary>
    public static Assignor RoundRobin { get; } = new RoundRobinAssignor("roundrobin");

    /// <summary>As <see cref="RoundRobin"/>, by the name that kafkajs gives it: with it both can be members of one group.</summary>
    public static Assignor KafkaJs { get; } = new RoundRobinAssignor("RoundRobinAssigner");

    /// <summary>Everybody keeps what they have, as far as that is fair, and goes on reading while some of it moves. All members must use it.</summary>
    public static Assignor CooperativeSticky { get; } = new CooperativeStickyAssignor();

    /// <summary>The name that members agree on.</summary>
    public string Name { get; }

    internal virtual bool IsCooperative => false;

    /// <param name="partitions">Of each topic.</param>
    /// <returns>Of each member, in the order given.</returns>
    internal abstract List<TopicPartition>[] Assign(IReadOnlyDictionary<string, int> partitions, IReadOnlyList<MemberSubscription> members);

    private protected static List<TopicPartition>[] Nothing(int members) => [.. Enumerable.Range(0, members).Select(_ => new List<TopicPartition>())];

    sealed class RangeAssignor() : Assignor("range")
    {
        internal override List<TopicPartition>[] Assign(IReadOnlyDictionary<string, int> partitions, IReadOnlyList<MemberSubscription> members)
        {
            var assigned = Nothing(members.Count);
            foreach (var (topic, count) in partitions)
            {
                var readers = Enumerable.Range(0, members.Count).Where(i => members[i].Topics.Contains(topic)).OrderBy(i => members[i].Order, StringComparer.Ordinal).ToArray();
                var next = 0;
                for (var i = 0; i < readers.Length; i++)
                {
                    var share = count / readers.Length + (i < count % readers.Length ? 1 : 0);
                    for (var end = next + share; next < end; next++) assigned[readers[i]].Add(new(topic, next));
                }
            }
            return assigned;
        }
    }

    sealed class RoundRobinAssignor(string name) : Assignor(name)
    {
        internal override List<TopicPartition>[] Assign(IReadOnlyDictionary<string, int> partitions, IReadOnlyList<MemberSubscription> members)
        {
            var assigned = Nothing(members.Count);
            var order = Enumerable.Range(0, members.Count).OrderBy(i => members[i].Order, StringComparer.Ordinal).ToArray();
            var turn = 0;
            foreach (var (topic, count) in partitions.OrderBy(p => p.Key, StringComparer.Ordinal))
            {
                if (!members.Any(m => m.Topics.Contains(topic))) continue;
                for (var partition = 0; partition < count; partition++, turn++)
                {
                    while (!members[order[turn % order.Length]].Topics.Contains(topic)) turn++;
                    assigned[order[turn % order.Length]].Add(new(topic, partition));
                }
            }
            return assigned;
        }
    }

    sealed class CooperativeStickyAssignor() : Assignor("cooperative-sticky")
    {
        internal override bool IsCooperative => true;

        internal override List<TopicPartition>[] Assign(IReadOnlyDictionary<string, int> partitions, IReadOnlyList<MemberSubscription> members)
        {
            var owners = Owners(partitions, members);
            var assigned = Nothing(members.Count);
            foreach (var (partition, owner) in owners) assigned[owner].Add(partition);
            foreach (var partition in partitions.OrderBy(p => p.Key, StringComparer.Ordinal).SelectMany(p => Enumerable.Range(0, p.Value).Select(i => new TopicPartition(p.Key, i))))
            {
                if (owners.ContainsKey(partition)) continue;
                if (Poorest(partition.Topic, members, assigned) is >= 0 and var poorest) assigned[poorest].Add(partition);
            }
            while (MoveOne(members, assigned)) { }
            // What still belongs to somebody is given only after they have let go of it: they do so now, and join again.
            for (var i = 0; i < assigned.Length; i++) assigned[i].RemoveAll(p => owners.TryGetValue(p, out var owner) && owner != i);
            return assigned;
        }

        /// <summary>Who has what, by the newest claim.</summary>
        static Dictionary<TopicPartition, int> Owners(IReadOnlyDictionary<string, int> partitions, IReadOnlyList<MemberSubscription> members)
        {
            var owners = new Dictionary<TopicPartition, int>();
            for (var i = 0; i < members.Count; i++)
            {
                foreach (var partition in members[i].Owned)
                {
                    if (!members[i].Topics.Contains(partition.Topic) || partition.Partition >= partitions.GetValueOrDefault(partition.Topic)) continue;
                    if (!owners.TryGetValue(partition, out var other) || members[other].Generation < members[i].Generation) owners[partition] = i;
                    // Two claims of one generation: neither can be right.
                    else if (members[other].Generation == members[i].Generation) owners.Remove(partition);
                }
            }
            return owners;
        }

        static int Poorest(string topic, IReadOnlyList<MemberSubscription> members, List<TopicPartition>[] assigned)
        {
            var poorest = -1;
            for (var i = 0; i < members.Count; i++)
                if (members[i].Topics.Contains(topic) && (poorest < 0 || assigned[i].Count < assigned[poorest].Count)) poorest = i;
            return poorest;
        }

        static bool MoveOne(IReadOnlyList<MemberSubscription> members, List<TopicPartition>[] assigned)
        {
            foreach (var rich in Enumerable.Range(0, members.Count).OrderByDescending(i => assigned[i].Count))
            {
                for (var i = assigned[rich].Count - 1; i >= 0; i--)
                {
                    var partition = assigned[rich][i];
                    var poorest = Poorest(partition.Topic, members, assigned);
                    if (poorest < 0 || assigned[rich].Count - assigned[poorest].Count < 2) continue;
                    assigned[rich].RemoveAt(i);
                    assigned[poorest].Add(partition);
                    return true;
                }
            }
            return false;
        }
    }
}

/// <summary>What a member of a classic group told when it joined.</summary>
/// <param name="Order">By what members are ordered: static ones keep their place when they come back.</param>
sealed record MemberSubscription(string Order, IReadOnlyCollection<string> Topics, IReadOnlyList<TopicPartition> Owned, int Generation);
