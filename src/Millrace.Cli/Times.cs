using System.Globalization;

namespace Millrace.Cli;

/// <summary>Times on the command line: UTC unless they say otherwise.</summary>
static class Times
{
    internal static DateTimeOffset Parse(string name, string text, DateTimeOffset now) => text switch
    {
        "now" => now,
        "today" => Day(now),
        "yesterday" => Day(now).AddDays(-1),
        _ when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) => at,
        _ => throw new UserErrorException($"{name} is '{text}', which is not a time. Write 2026-11-21, 2026-11-21T06:00, 2026-11-21T06:00+01:00, now, today or yesterday (UTC unless an offset is given)."),
    };

    internal static DateTimeOffset? ParseOptional(string name, string? text, DateTimeOffset now) => text is null ? null : Parse(name, text, now);

    static DateTimeOffset Day(DateTimeOffset at) => new(at.UtcDateTime.Date, TimeSpan.Zero);
}
