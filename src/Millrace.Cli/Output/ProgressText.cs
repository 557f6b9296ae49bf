using System.Globalization;
using Millrace.Data;

namespace Millrace.Cli.Output;

/// <summary>How far a run is, in one line: a bar and the time left where the share is known, figures in any case.</summary>
static class ProgressText
{
    const int BarWidth = 20;

    // Before that the pace says little.
    static readonly TimeSpan Settled = TimeSpan.FromSeconds(1);
    const double FirstShare = 0.01;

    /// <summary>What matters least goes first where the line is short.</summary>
    internal static string Of(RunProgress now, int width)
    {
        var text = Head(now);
        foreach (var part in Parts(now).Where(p => p is not null))
        {
            if (text.Length + part!.Length + 2 > width) break;
            text = $"{text}  {part}";
        }
        return text.Length <= width ? text : text[..Math.Max(0, width)];
    }

    static string Head(RunProgress now)
    {
        if (now.Share is not { } share) return Clock(now.Elapsed);
        var filled = (int)(share * BarWidth);
        // 100% is said when all is read, not when it rounds to that.
        return string.Create(CultureInfo.InvariantCulture, $"{new string('█', filled)}{new string('░', BarWidth - filled)} {Math.Floor(share * 100),3:0}%");
    }

    static IEnumerable<string?> Parts(RunProgress now)
    {
        yield return now.Share switch
        {
            1 => $"all read, finishing, {Clock(now.Elapsed)}",
            >= FirstShare when now.Elapsed >= Settled => $"{Clock(now.Left!.Value)} left",
            _ => null,
        };
        var rows = Math.Max(now.RowsRead, now.Rows);
        if (rows > 0) yield return string.Create(CultureInfo.InvariantCulture, $"{rows:N0} rows");
        if (now.RowsRead > 0) yield return string.Create(CultureInfo.InvariantCulture, $"{rows / Math.Max(0.001, now.Elapsed.TotalSeconds):N0} rows/s");
        if (now.BytesTotal is > 0 and var total) yield return $"{DataWork.ByteSize.Text(now.BytesRead)} of {DataWork.ByteSize.Text(total)}";
        if (now.Rejected > 0) yield return string.Create(CultureInfo.InvariantCulture, $"{now.Rejected:N0} rejected");
        if (now.Limiting is { } stage) yield return $"limited by: {stage.Name}";
    }

    static string Clock(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}")
        : string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}:{time.Seconds:00}");
}
