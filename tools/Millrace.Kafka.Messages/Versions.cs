using System.Globalization;

namespace Millrace.Kafka.Messages;

/// <summary>A range of versions as the definitions spell it: "3", "0-4", "9+", "none".</summary>
readonly record struct Versions(int Low, int High)
{
    internal static Versions None { get; } = new(1, 0);

    internal bool IsEmpty => Low > High;

    internal static Versions Parse(string? text) => text switch
    {
        null or "none" => None,
        _ when text.EndsWith('+') => new(Number(text[..^1]), short.MaxValue),
        _ when text.IndexOf('-', StringComparison.Ordinal) is > 0 and var at => new(Number(text[..at]), Number(text[(at + 1)..])),
        _ => new(Number(text), Number(text)),
    };

    static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    internal Versions And(Versions other) => new(Math.Max(Low, other.Low), Math.Min(High, other.High));

    /// <summary>Whether each version of the other range is one of these.</summary>
    internal bool Covers(Versions other) => other.IsEmpty || (Low <= other.Low && High >= other.High);

    /// <summary>The C# condition that a version is one of these, known that it's one of the other range.</summary>
    internal string Condition(Versions within) => (Low > within.Low, High < within.High) switch
    {
        _ when And(within).IsEmpty => "false",
        (true, true) when Low == High => $"version == {Low}",
        (true, true) => $"version is >= {Low} and <= {High}",
        (true, false) => $"version >= {Low}",
        (false, true) => $"version <= {High}",
        _ => "true",
    };
}
