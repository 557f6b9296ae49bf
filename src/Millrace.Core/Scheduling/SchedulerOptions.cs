namespace Millrace.Scheduling;

sealed record SchedulerOptions
{
    /// <summary>How long a scheduler that stopped answering keeps its runs before another takes them.</summary>
    public TimeSpan Lease
    {
        get;
        init => field = value >= TimeSpan.FromSeconds(1) ? value
            : throw new ArgumentOutOfRangeException(nameof(Lease), value, "A scheduler's lease is at least 1 second.");
    } = TimeSpan.FromSeconds(10);

    /// <summary>True where no other scheduler can use the store (SQLite): whatever a predecessor left is taken over at once.</summary>
    public bool Alone { get; init; }

    /// <summary>Unfinished runs that this scheduler works on at once; the rest is left to others, or for later.</summary>
    public int MaxRuns
    {
        get;
        init => field = value >= 1 ? value
            : throw new ArgumentOutOfRangeException(nameof(MaxRuns), value, "A scheduler must be able to own at least one run.");
    } = 10_000;

    /// <summary>Where ids come from; a simulation brings its own, so that ties between them fall the same way again.</summary>
    internal Func<DateTimeOffset, Guid> NewId { get; init; } = Guid.CreateVersion7;

    internal TimeSpan Housekeeping => Lease / 5 < TimeSpan.FromSeconds(2) ? Lease / 5 : TimeSpan.FromSeconds(2);
}
