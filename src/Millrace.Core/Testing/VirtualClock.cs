namespace Millrace.Testing;

/// <summary>A clock that moves only when told to. Timers fire while it moves, in the order they are due and, at one instant, in the order they were set.</summary>
public sealed class VirtualClock : TimeProvider
{
    readonly Lock gate = new();
    readonly PriorityQueue<VirtualTimer, (long Due, long Set)> timers = new();
    readonly long startTicks;
    long nowTicks;
    long offsetTicks;
    long sets;

    public VirtualClock() : this(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    public VirtualClock(DateTimeOffset start) => startTicks = nowTicks = start.UtcTicks;

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate) return new DateTimeOffset(nowTicks + offsetTicks, TimeSpan.Zero);
    }

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp()
    {
        lock (gate) return nowTicks - startTicks;
    }

    /// <summary>When the next timer is due; null when none is set.</summary>
    public DateTimeOffset? NextTimer
    {
        get
        {
            lock (gate) return TryPeek(out var timer) ? new DateTimeOffset(timer.DueTicks + offsetTicks, TimeSpan.Zero) : null;
        }
    }

    /// <exception cref="ArgumentOutOfRangeException">The step is negative.</exception>
    public void Advance(TimeSpan by)
    {
        if (by < TimeSpan.Zero) throw new ArgumentOutOfRangeException(nameof(by), by, "A clock advances forward. Use JumpTo for a clock that is set back.");
        long until;
        lock (gate) until = nowTicks + by.Ticks;
        MoveTo(until);
    }

    /// <summary>Advances to an instant; does nothing if that has passed.</summary>
    public void AdvanceTo(DateTimeOffset instant)
    {
        long until;
        lock (gate) until = instant.UtcTicks - offsetTicks;
        MoveTo(until);
    }

    /// <summary>Sets the clock as somebody would who corrects it, forward or back: no time passes, so timers still take as long as they would have.</summary>
    public void JumpTo(DateTimeOffset instant)
    {
        lock (gate) offsetTicks = instant.UtcTicks - nowTicks;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    void MoveTo(long until)
    {
        while (true)
        {
            VirtualTimer due;
            lock (gate)
            {
                if (!TryPeek(out due) || due.DueTicks > until)
                {
                    nowTicks = Math.Max(nowTicks, until);
                    return;
                }
                timers.Dequeue();
                nowTicks = Math.Max(nowTicks, due.DueTicks);
                due.Fired();
            }
            // Outside the lock: what it calls may set timers or read this clock.
            due.Ring();
        }
    }

    // Entries of timers that were changed since are still queued; they are passed over.
    bool TryPeek(out VirtualTimer timer)
    {
        while (timers.TryPeek(out timer!, out var at))
        {
            if (timer.DueTicks == at.Due && timer.SetNumber == at.Set) return true;
            timers.Dequeue();
        }
        return false;
    }

    sealed class VirtualTimer(VirtualClock clock, TimerCallback callback, object? state) : ITimer
    {
        const long Never = long.MaxValue;
        TimeSpan period = Timeout.InfiniteTimeSpan;
        bool disposed;

        internal long DueTicks { get; private set; } = Never;
        internal long SetNumber { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock.gate)
            {
                if (disposed) return false;
                this.period = period;
                Set(dueTime == Timeout.InfiniteTimeSpan ? Never : clock.nowTicks + dueTime.Ticks);
                return true;
            }
        }

        internal void Fired() => Set(period > TimeSpan.Zero ? DueTicks + period.Ticks : Never);

        internal void Ring() => callback(state);

        void Set(long due)
        {
            DueTicks = due;
            SetNumber = clock.sets++;
            if (due != Never) clock.timers.Enqueue(this, (due, SetNumber));
        }

        public void Dispose()
        {
            lock (clock.gate)
            {
                disposed = true;
                DueTicks = Never;
                SetNumber = clock.sets++;
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
