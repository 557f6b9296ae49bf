using System.Globalization;
using System.Text.RegularExpressions;

namespace Millrace.Hosting.Settings;

/// <summary>Durations as people write them: <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>1h30m</c>, <c>7d</c>.</summary>
static partial class Duration
{
    internal const string Forms = "a number with a unit (500ms, 30s, 5m, 1h30m, 7d) or hh:mm:ss";

    internal static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        if (text == "0") return true;
        if (text.Contains(':', StringComparison.Ordinal))
            return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out duration);
        var match = Parts().Match(text);
        if (!match.Success || text.Length == 0) return false;
        foreach (Capture part in match.Groups["part"].Captures)
        {
            var unit = part.Value.AsSpan().TrimStart("0123456789.");
            if (!double.TryParse(part.ValueSpan[..^unit.Length], CultureInfo.InvariantCulture, out var number)) return false;
            duration += unit switch
            {
                "ms" => TimeSpan.FromMilliseconds(number),
                "s" => TimeSpan.FromSeconds(number),
                "m" => TimeSpan.FromMinutes(number),
                "h" => TimeSpan.FromHours(number),
                _ => TimeSpan.FromDays(number),
            };
        }
        return true;
    }

    internal static string Format(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero) return "0s";
        var sign = duration < TimeSpan.Zero ? "-" : "";
        duration = duration.Duration();
        var text = sign;
        if (duration.Days > 0) text += $"{duration.Days}d";
        if (duration.Hours > 0) text += $"{duration.Hours}h";
        if (duration.Minutes > 0) text += $"{duration.Minutes}m";
        if (duration.Seconds > 0) text += $"{duration.Seconds}s";
        if (duration.Milliseconds > 0) text += $"{duration.Milliseconds}ms";
        return text.Length > sign.Length ? text : "0s";
    }

    [GeneratedRegex(@"^(?<part>\d+(\.\d+)?(ms|s|m|h|d))+$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Parts();
}
