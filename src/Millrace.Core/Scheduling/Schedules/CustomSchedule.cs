using System.Text.Json.Serialization;

namespace Millrace.Scheduling;

/// <summary>
/// A schedule of the author's own: derive from it and pass an instance to <see cref="Schedule.Custom"/>.
/// It is asked in a worker, never in the scheduler, and must answer the same for the same instant.
/// </summary>
public abstract class CustomSchedule
{
    /// <summary>The first time strictly after <paramref name="after"/>, or null when there is none.</summary>
    public abstract DateTimeOffset? Next(DateTimeOffset after);

    public abstract string Describe();
}

// Only the description travels: the code lives in the author's assembly.
sealed record UserSchedule : Schedule
{
    readonly CustomSchedule? code;

    [JsonConstructor]
    public UserSchedule(string description) => Description = description;

    internal UserSchedule(CustomSchedule code) : this(code.Describe()) => this.code = code;

    public string Description { get; }

    internal override bool NeedsUserCode => true;

    internal override long NextTicks(long after, in ScheduleBounds bounds)
    {
        if (code is null)
            throw new InvalidOperationException($"The custom schedule '{Description}' can't be asked here: its code is in the Dag's assembly. Ask a worker.");
        var from = Utc(Math.Max(after, 0));
        if (code.Next(from) is not { } next)
            return Never;
        if (next <= from)
            throw new ScheduleException($"The custom schedule '{Description}' answered {next:O}, which is not after {from:O}. Return a later time, or null for none.");
        // Up to a whole microsecond, as the store keeps it: cut down it would be asked for again.
        var over = next.UtcTicks % TimeSpan.TicksPerMicrosecond;
        return over == 0 ? next.UtcTicks : next.UtcTicks - over + TimeSpan.TicksPerMicrosecond;
    }

    public bool Equals(UserSchedule? other) => other is not null && Description == other.Description;

    public override int GetHashCode() => Description.GetHashCode(StringComparison.Ordinal);

    public override string Describe() => Description;
}
