using Millrace.Metadata;

namespace Millrace.Scheduling;

/// <summary>One firing of a schedule: its logical time is the instant it fires, its interval the time since the firing before.</summary>
readonly record struct Firing(DateTimeOffset LogicalTime, DateTimeOffset IntervalStart, DateTimeOffset IntervalEnd);

/// <summary>What a Dag says about when its schedule is in force.</summary>
/// <param name="Seen">When the Dag was first seen: nothing fires before it unless a start date says so.</param>
/// <param name="Start">The earliest logical time, included.</param>
/// <param name="End">The latest logical time, included.</param>
readonly record struct ScheduleBounds(DateTimeOffset Seen, DateTimeOffset? Start = null, DateTimeOffset? End = null)
{
    // Kept: a firing that the store cuts to microseconds would come again after itself.
    internal DateTimeOffset First => (Start ?? Seen).Kept();

    // Not First: when the Dag was seen differs from machine to machine, multiples of a period must not.
    internal DateTimeOffset Anchor => Start?.Kept() ?? DateTimeOffset.UnixEpoch;
}
