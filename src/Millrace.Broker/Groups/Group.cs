namespace Millrace.Broker.Groups;

/// <summary>A group: its members, of either protocol, and how far it has come. All of it is used under its gate.</summary>
sealed class Group(string id)
{
    internal Lock Gate { get; } = new();

    internal string Id => id;

    /// <summary>The members that divide the partitions themselves, or null.</summary>
    internal ClassicGroup? Classic { get; set; }

    /// <summary>The members that the broker gives their partitions, or null.</summary>
    internal ConsumerGroup? Consumer { get; set; }

    internal OffsetTable Offsets { get; } = new(id);

    /// <summary>Offsets of open transactions, by producer.</summary>
    internal Dictionary<long, OffsetTable> Pending { get; } = [];

    /// <summary>The number of the change that an offset is from, so that a late one doesn't undo one that came after it.</summary>
    internal Dictionary<TopicPartition, long> Versions { get; } = [];

    /// <summary>What it holds for its members, and for offsets.</summary>
    internal long MemberBytes => (Classic?.Bytes ?? 0) + (Consumer?.Bytes ?? 0);

    internal long OffsetBytes => Offsets.Bytes + Pending.Values.Sum(p => p.Bytes);

    /// <summary>The same, as it was counted last.</summary>
    internal (long Members, long Offsets) Counted { get; set; }

    internal ITimer? Timer { get; set; }

    internal long? TimerAt { get; set; }

    /// <summary>Since when it has had no members.</summary>
    internal long EmptySince { get; set; }

    internal bool IsGone { get; set; }

    internal bool HasMembers => Classic is { IsEmpty: false } || Consumer is { IsEmpty: false };

    /// <summary>Whether nothing of it would be missed.</summary>
    internal bool IsNothing => !HasMembers && Offsets.Count == 0 && Pending.Count == 0;
}
