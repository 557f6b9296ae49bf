namespace Millrace.Broker.Quotas;

/// <summary>Something that clients have so much of a second, by Kafka's name.</summary>
sealed record QuotaKind(string Name)
{
    /// <summary>How many seconds' worth may be taken at once: as many as Apache Kafka averages over.</summary>
    internal int BurstSeconds { get; private init; } = 10;

    /// <summary>For how long a client isn't heard at most, however much it owes.</summary>
    internal TimeSpan LongestRest { get; private init; } = TimeSpan.FromMilliseconds(int.MaxValue);

    /// <summary>What the value is multiplied with to count what is taken.</summary>
    internal double Scale { get; private init; } = 1;

    internal bool IsOfAddresses { get; private init; }

    double Most { get; init; } = long.MaxValue;

    bool IsWhole { get; init; } = true;

    internal static readonly QuotaKind
        Produced = new("producer_byte_rate"),
        Consumed = new("consumer_byte_rate"),
        // In percent of a thread's time. It's counted in seconds.
        RequestTime = new("request_percentage") { IsWhole = false, Scale = 0.01, LongestRest = TimeSpan.FromSeconds(1) },
        Mutations = new("controller_mutation_rate") { IsWhole = false, BurstSeconds = 11 },
        Connections = new("connection_creation_rate") { IsOfAddresses = true, Most = int.MaxValue, LongestRest = TimeSpan.FromSeconds(1) };

    internal static readonly QuotaKind[] All = [Produced, Consumed, RequestTime, Mutations, Connections];

    internal static string Names(bool ofAddresses) => string.Join(", ", All.Where(k => k.IsOfAddresses == ofAddresses).Select(k => k.Name));

    internal string? Flaw(double value)
    {
        if (IsWhole && !(value >= 1 && value <= Most && double.IsInteger(value))) return FormattableString.Invariant($"{Name} is {value}. Give a whole number, 1 or more.");
        return value > 0 && value <= Most ? null : FormattableString.Invariant($"{Name} is {value}. Give a number above 0.");
    }
}
