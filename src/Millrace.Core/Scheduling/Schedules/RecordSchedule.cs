namespace Millrace.Scheduling;

/// <summary>Fires for records of a topic. Somebody who can read topics has to look for them: the schedule itself has no times.</summary>
sealed record RecordSchedule(string Topic, int AtMost, TimeSpan Within) : Schedule
{
    const int Most = 100_000;
    static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    public string Topic { get; } = !string.IsNullOrWhiteSpace(Topic) ? Topic
        : throw new ScheduleException("A schedule of records has no topic. Name it: Schedule.OnRecords(\"orders\").");

    public int AtMost { get; } = AtMost is > 0 and <= Most ? AtMost
        : throw new ScheduleException($"A run for {AtMost} records of topic '{Topic}' at most can't be. Use 1 to {Most}.");

    public TimeSpan Within { get; } = Within >= TimeSpan.Zero && Within <= Longest ? Within
        : throw new ScheduleException($"Records of topic '{Topic}' can't be gathered within {Within}. Use zero to {Longest.TotalDays:0} day.");

    internal override IReadOnlyList<RecordSchedule> Topics => [this];

    internal override bool HasIntervals => false;

    public override string Describe() => AtMost == 1 ? $"a record of {Topic}" : $"up to {AtMost} records of {Topic}";
}
