namespace Millrace.Kafka.Tests.Client;

/// <summary>A clock that is set while time goes on, and time that goes on while the machine sleeps. Timers are the system's.</summary>
sealed class JumpingTime : TimeProvider
{
    long clock, slept;

    /// <summary>How far the clock is from the right time.</summary>
    internal TimeSpan Clock
    {
        set => Volatile.Write(ref clock, value.Ticks);
    }

    internal void Sleep(TimeSpan time) => Interlocked.Add(ref slept, (long)(time.TotalSeconds * TimestampFrequency));

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Volatile.Read(ref clock));

    public override long GetTimestamp() => System.GetTimestamp() + Volatile.Read(ref slept);
}
