namespace Millrace.Broker.Groups;

/// <summary>What all groups hold together for as long as they like: what members say of themselves, and committed offsets.</summary>
sealed class GroupMemory
{
    /// <summary>What members may hold together, one of them, and offsets together.</summary>
    internal const long MostOfMembers = 64 << 20, MostOfOne = 1 << 20, MostOfOffsets = 256 << 20;

    long members, offsets;

    internal long Members => Interlocked.Read(ref members);

    internal long Offsets => Interlocked.Read(ref offsets);

    /// <summary>Whether there is room for so much more of members. Who takes no more than before is never refused.</summary>
    internal bool HasRoomForMember(long more) => more <= 0 || Members + more <= MostOfMembers;

    internal bool HasRoomForOffsets(long more) => more <= 0 || Offsets + more <= MostOfOffsets;

    /// <summary>Counts what a group holds by now.</summary>
    internal void Count(Group group)
    {
        var now = (group.MemberBytes, group.OffsetBytes);
        Interlocked.Add(ref members, now.MemberBytes - group.Counted.Members);
        Interlocked.Add(ref offsets, now.OffsetBytes - group.Counted.Offsets);
        group.Counted = now;
    }
}
