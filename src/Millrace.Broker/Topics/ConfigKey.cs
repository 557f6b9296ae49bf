using System.Globalization;

namespace Millrace.Broker.Topics;

/// <summary>Types of settings, as the wire numbers them.</summary>
enum ConfigKind : sbyte
{
    Bool = 1,
    Text = 2,
    Int = 3,
    Long = 5,
    Double = 6,
    List = 7,
    Password = 9,
}

/// <summary>A setting by Kafka's name, with its default and what it takes.</summary>
sealed record ConfigKey(string Name, ConfigKind Kind, string Default, Func<string, bool> Takes, string Wanted)
{
    /// <summary>The broker's setting that a topic takes its default from.</summary>
    internal string? Broader { get; init; }

    /// <summary>Whether it can be changed while the broker runs.</summary>
    internal bool IsDynamic { get; init; } = true;

    internal bool IsSecret => Kind == ConfigKind.Password;

    internal static ConfigKey Int(string name, int standard, int from = 0, int to = int.MaxValue) => Number(name, ConfigKind.Int, standard, from, to);

    internal static ConfigKey Long(string name, long standard, long from = 0, long to = long.MaxValue) => Number(name, ConfigKind.Long, standard, from, to);

    static ConfigKey Number(string name, ConfigKind kind, long standard, long from, long to) => new(name, kind, standard.ToString(CultureInfo.InvariantCulture),
        text => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= from && value <= to,
        $"a whole number from {from.ToString(CultureInfo.InvariantCulture)} to {to.ToString(CultureInfo.InvariantCulture)}");

    internal static ConfigKey Share(string name, double standard) => new(name, ConfigKind.Double, standard.ToString(CultureInfo.InvariantCulture),
        text => double.TryParse(text, CultureInfo.InvariantCulture, out var value) && value is >= 0 and <= 1, "a number from 0 to 1");

    internal static ConfigKey Bool(string name, bool standard) =>
        new(name, ConfigKind.Bool, standard ? "true" : "false", text => text is "true" or "false", "true or false");

    internal static ConfigKey OneOf(string name, params string[] values) => new(name, ConfigKind.Text, values[0], values.Contains, string.Join(" or ", values));

    internal static ConfigKey ListOf(string name, string standard, params string[] values) => new(name, ConfigKind.List, standard,
        text => text.Length > 0 && text.Split(',', StringSplitOptions.TrimEntries).All(values.Contains), $"some of {string.Join(", ", values)}, with commas between");

    internal static ConfigKey Text(string name, string standard) => new(name, ConfigKind.Text, standard, _ => true, "a text");

    /// <summary>What is wrong with a value, or null.</summary>
    internal string? Flaw(string value) => Takes(value) ? null : $"'{Name}' is {Wanted}, not '{(IsSecret ? "***" : value)}'.";
}
