using System.Globalization;
using Millrace.Kafka;

namespace Millrace.Cli.Commands;

/// <summary>Where reading begins, as it is typed: beginning, end, an offset, -N for the last N of each partition, or a time.</summary>
abstract record StartPlace
{
    internal static StartPlace Parse(string text, DateTimeOffset now) => text switch
    {
        "beginning" or "earliest" => new Found(OffsetSpec.Earliest),
        "end" or "latest" => new Found(OffsetSpec.Latest),
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number < 0 ? new Last(-number) : new Exactly(number),
        _ => new Found(OffsetSpec.At(Times.Parse("--from", text, now))),
    };

    /// <summary>A place that the broker finds.</summary>
    internal sealed record Found(OffsetSpec Spec) : StartPlace;

    internal sealed record Exactly(long Offset) : StartPlace;

    /// <summary>So many before the end.</summary>
    internal sealed record Last(long Count) : StartPlace;

    /// <summary>The offset in one partition, where it can be said from its bounds.</summary>
    internal long? In(long start, long end) => this switch
    {
        Exactly exactly => exactly.Offset,
        Last last => Math.Max(start, end - last.Count),
        _ => null,
    };
}
