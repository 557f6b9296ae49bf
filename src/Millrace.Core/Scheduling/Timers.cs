using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Scheduling;

enum TimerKind : byte
{
    /// <summary>A retry or a sensor's next look.</summary>
    Due,
    AttemptTimeout,
    TaskDeadline,
    RunTimeout,
    RunDeadline,
}

/// <param name="Lease">Of an attempt's timeout: an attempt that ended meanwhile has another.</param>
readonly record struct Alarm(TimerKind Kind, RunId Run, string Task, int MapIndex, Guid Lease);

/// <summary>What is to be looked at when. Alarms are never taken back: whoever gets one checks that it still means something.</summary>
sealed class Timers
{
    readonly PriorityQueue<Alarm, long> alarms = new();

    // Kept: turns know whole microseconds only, and one that is due within the same microsecond would never come.
    internal void Set(DateTimeOffset at, Alarm alarm) => alarms.Enqueue(alarm, at.Kept().UtcTicks);

    internal DateTimeOffset? Next => alarms.TryPeek(out _, out var ticks) ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    internal bool TryTake(DateTimeOffset now, out Alarm alarm)
    {
        if (alarms.TryPeek(out alarm, out var ticks) && ticks <= now.UtcTicks)
        {
            alarms.Dequeue();
            return true;
        }
        return false;
    }
}
