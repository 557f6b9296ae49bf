namespace Millrace.Kafka;

/// <summary>A setting of a topic or a broker.</summary>
/// <param name="Value">Null for secrets, which brokers don't tell.</param>
/// <param name="IsReadOnly">Whether it is set where the broker is started, and only there.</param>
public sealed record ConfigEntry(string Name, string? Value, ConfigOrigin Origin, bool IsReadOnly, bool IsSecret);

/// <summary>Where a value comes from, as the wire numbers it.</summary>
public enum ConfigOrigin
{
    Unknown = 0,

    /// <summary>It was set for the topic.</summary>
    Topic = 1,

    /// <summary>It was set for the broker while it ran.</summary>
    Broker = 2,

    /// <summary>It was set for all brokers while they ran.</summary>
    AllBrokers = 3,

    /// <summary>The broker was started with it.</summary>
    Startup = 4,

    Default = 5,
}

/// <summary>What shall become of a setting.</summary>
public readonly record struct ConfigChange
{
    ConfigChange(string name, sbyte operation, string? value) => (Name, Operation, Value) = (name, operation, value);

    internal string Name { get; }

    internal sbyte Operation { get; }

    internal string? Value { get; }

    public static ConfigChange Set(string name, string value) => new(name, 0, value);

    /// <summary>Back to what it is by itself.</summary>
    public static ConfigChange Reset(string name) => new(name, 1, null);

    /// <summary>Adds to a setting that is a list.</summary>
    public static ConfigChange Append(string name, string item) => new(name, 2, item);

    /// <summary>Takes out of a setting that is a list.</summary>
    public static ConfigChange Subtract(string name, string item) => new(name, 3, item);

    /// <summary>What a setting is then, where brokers leave that to us; null for what it is by itself.</summary>
    internal string? Apply(string? now)
    {
        IEnumerable<string> items = now?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        return Operation switch
        {
            2 => string.Join(',', items.Union(Value!.Split(','))),
            3 => string.Join(',', items.Except(Value!.Split(','))),
            _ => Value,
        };
    }
}
