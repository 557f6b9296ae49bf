namespace Millrace.Broker.Groups;

/// <summary>Divides the partitions among the members of a group. The same members and partitions give the same parts.</summary>
static class Assignor
{
    internal const string Uniform = "uniform", Range = "range";

    internal static IReadOnlyList<string> Names { get; } = [Uniform, Range];

    /// <param name="subscribed">What each member may have, by topic with its number of partitions.</param>
    internal static Dictionary<string, HashSet<Place>> Assign(string name, IReadOnlyDictionary<string, List<(Guid Topic, int Partitions)>> subscribed, Func<string, IEnumerable<Place>> current) =>
        name == Range ? ByRange(subscribed) : Evenly(subscribed, current);

    /// <summary>Of each topic, members get neighbouring partitions, so that those with the same number in several topics come together.</summary>
    static Dictionary<string, HashSet<Place>> ByRange(IReadOnlyDictionary<string, List<(Guid Topic, int Partitions)>> subscribed)
    {
        var parts = subscribed.Keys.ToDictionary(m => m, _ => new HashSet<Place>());
        foreach (var topic in subscribed.SelectMany(s => s.Value.Select(t => (Member: s.Key, t.Topic, t.Partitions))).GroupBy(t => (t.Topic, t.Partitions)))
        {
            var members = topic.Select(t => t.Member).Order(StringComparer.Ordinal).ToList();
            var (each, more) = (topic.Key.Partitions / members.Count, topic.Key.Partitions % members.Count);
            var next = 0;
            for (var i = 0; i < members.Count; i++)
                for (var count = each + (i < more ? 1 : 0); count > 0; count--) parts[members[i]].Add(new(topic.Key.Topic, next++));
        }
        return parts;
    }

    /// <summary>Members keep what they have as far as all get as many as they can.</summary>
    static Dictionary<string, HashSet<Place>> Evenly(IReadOnlyDictionary<string, List<(Guid Topic, int Partitions)>> subscribed, Func<string, IEnumerable<Place>> current)
    {
        var eligible = subscribed.SelectMany(s => s.Value.Select(t => (Member: s.Key, t.Topic))).GroupBy(t => t.Topic).ToDictionary(g => g.Key, g => g.Select(t => t.Member).ToHashSet());
        var sizes = subscribed.Values.SelectMany(t => t).Distinct().ToDictionary(t => t.Topic, t => t.Partitions);
        var parts = subscribed.Keys.ToDictionary(m => m, _ => new HashSet<Place>());
        var free = sizes.OrderBy(s => s.Key).SelectMany(s => Enumerable.Range(0, s.Value).Select(p => new Place(s.Key, p))).ToList();
        var taken = new HashSet<Place>();
        foreach (var member in subscribed.Keys.Order(StringComparer.Ordinal))
        {
            foreach (var place in current(member))
                if (sizes.TryGetValue(place.Topic, out var size) && place.Partition < size && eligible[place.Topic].Contains(member) && taken.Add(place)) parts[member].Add(place);
        }
        var load = new Load(parts);
        foreach (var place in free)
            if (!taken.Contains(place)) load.Give(load.Least(eligible[place.Topic]), place);
        Balance(load, eligible);
        return parts;
    }

    /// <summary>Moves partitions from who has most to who may have them and has at least two less.</summary>
    static void Balance(Load load, Dictionary<Guid, HashSet<string>> eligible)
    {
        foreach (var member in load.MostFirst())
        {
            foreach (var place in load.Of(member).OrderByDescending(p => p.Partition).ThenBy(p => p.Topic).ToList())
            {
                var other = load.Least(eligible[place.Topic]);
                if (load.Of(other).Count + 1 < load.Of(member).Count) load.Move(member, other, place);
            }
        }
    }

    /// <summary>How much each member has, ordered.</summary>
    sealed class Load(Dictionary<string, HashSet<Place>> parts)
    {
        readonly SortedSet<(int Count, string Member)> order = new(parts.Select(p => (p.Value.Count, p.Key)), Comparer<(int Count, string Member)>.Create(
            (a, b) => a.Count != b.Count ? a.Count.CompareTo(b.Count) : string.CompareOrdinal(a.Member, b.Member)));

        internal HashSet<Place> Of(string member) => parts[member];

        internal List<string> MostFirst() => [.. order.Reverse().Select(o => o.Member)];

        internal string Least(HashSet<string> among) => order.First(o => among.Contains(o.Member)).Member;

        internal void Give(string member, Place place)
        {
            order.Remove((parts[member].Count, member));
            parts[member].Add(place);
            order.Add((parts[member].Count, member));
        }

        internal void Move(string from, string to, Place place)
        {
            order.Remove((parts[from].Count, from));
            parts[from].Remove(place);
            order.Add((parts[from].Count, from));
            Give(to, place);
        }
    }
}
