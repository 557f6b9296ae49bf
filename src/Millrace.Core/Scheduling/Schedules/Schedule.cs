namespace Millrace.Scheduling;

public abstract record Schedule
{
    public static Schedule Manual { get; } = new ManualSchedule();
}

sealed record ManualSchedule : Schedule;
