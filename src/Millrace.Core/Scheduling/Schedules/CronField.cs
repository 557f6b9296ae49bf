namespace Millrace.Scheduling;

/// <summary>What a field of a cron expression is called and which values it takes.</summary>
sealed class CronField(string name, int min, int max, string[] names)
{
    internal string Name => name;
    internal int Min => min;
    internal int Max => max;
    internal string[] Names => names;

    internal static readonly CronField Second = new("second", 0, 59, []);
    internal static readonly CronField Minute = new("minute", 0, 59, []);
    internal static readonly CronField Hour = new("hour", 0, 23, []);
    internal static readonly CronField Day = new("day of month", 1, 31, []);
    internal static readonly CronField Month = new("month", 1, 12, ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]);
    /// <summary>7 is read as 0: both are Sunday.</summary>
    internal static readonly CronField Weekday = new("day of week", 0, 7, ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]);

    internal int Count => this == Weekday ? 7 : Max - Min + 1;

    internal string Values => Names.Length == 0 ? $"{Min}-{Max}" : $"{Min}-{Max} or {Names[0]}-{Names[^1]}";

    internal ulong Bit(int value) => 1ul << (this == Weekday ? value % 7 : value);

    internal ulong All => ((1ul << Count) - 1) << Min;
}
