namespace Millrace.Scheduling;

/// <summary>A schedule that can't be used; the message names the field, the value and the remedy.</summary>
public sealed class ScheduleException(string message, int? position = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Where in a cron expression the fault is, counted from 1; null when the fault isn't in one.</summary>
    public int? Position { get; } = position;
}
