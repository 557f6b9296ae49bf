using System.Text.RegularExpressions;

namespace Millrace.Broker.Groups;

/// <summary>A partition of a topic, by the topic's id.</summary>
readonly record struct Place(Guid Topic, int Partition);

/// <summary>A member of a group to which the broker gives partitions.</summary>
sealed class ConsumerMember(string id)
{
    internal string Id => id;

    internal string? InstanceId { get; set; }

    internal string? RackId { get; set; }

    internal string ClientId { get; set; } = "";

    internal string ClientHost { get; set; } = "";

    internal int RebalanceTimeoutMs { get; set; } = 300_000;

    internal SortedSet<string> Names { get; set; } = new(StringComparer.Ordinal);

    internal string? Regex { get; set; }

    /// <summary>The same, made ready.</summary>
    internal Regex? Pattern { get; set; }

    internal string? Assignor { get; set; }

    internal int Epoch { get; set; }

    internal int PreviousEpoch { get; set; } = -1;

    /// <summary>What it says takes so much.</summary>
    internal long Bytes => 1024 + 2L * (id.Length + (InstanceId?.Length ?? 0) + (RackId?.Length ?? 0) + ClientId.Length) + BytesOf(Names, Regex);

    // A pattern that is made ready takes some hundred bytes for each of its signs.
    internal static long BytesOf(IEnumerable<string> names, string? regex) => names.Sum(n => 100L + 2 * n.Length) + (regex is { Length: > 0 } ? 4096 + 256L * regex.Length : 0);

    /// <summary>What it was told to consume.</summary>
    internal HashSet<Place> Assigned { get; set; } = [];

    /// <summary>What it was told to give up, and has not yet said that it did.</summary>
    internal HashSet<Place> Revoking { get; set; } = [];

    /// <summary>What it shall have in the end.</summary>
    internal HashSet<Place> Target { get; set; } = [];

    /// <summary>When it's taken for gone.</summary>
    internal long Deadline { get; set; }

    /// <summary>Until when it must have given up what it was told to.</summary>
    internal long? RevokeDeadline { get; set; }

    /// <summary>A static member that has left for a while: its place is kept.</summary>
    internal bool IsAway { get; set; }

    internal bool Holds(Place place) => Assigned.Contains(place) || Revoking.Contains(place);
}

/// <summary>The topics that there are, as far as groups care.</summary>
sealed record TopicView(Func<string, (Guid Id, int Partitions)?> Find, Func<IEnumerable<string>> Names);
