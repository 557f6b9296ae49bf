namespace Millrace.Broker.Quotas;

/// <summary>Whom a quota is for, on the side of the user or of the client id: nobody in particular, all without one of their own, or one by name.</summary>
readonly record struct QuotaName(bool IsGiven, string? Name)
{
    internal static readonly QuotaName Absent, Default = new(true, null);

    internal static QuotaName Of(string name) => new(true, name);

    internal bool IsDefault => IsGiven && Name is null;

    // Names may hold anything, so they are escaped, and what stands for the others can't be one.
    internal string Write() => !IsGiven ? "-" : Name is null ? "*" : $"={Uri.EscapeDataString(Name)}";

    internal static QuotaName Read(string text) => text switch
    {
        "-" => Absent,
        "*" => Default,
        _ => Of(Uri.UnescapeDataString(text[1..])),
    };
}

/// <summary>Whom quotas are for.</summary>
readonly record struct QuotaEntity(QuotaName User, QuotaName Client)
{
    internal const string UserType = "user", ClientType = "client-id";

    /// <summary>What it is remembered by: | user | blank | client id |</summary>
    internal string Key => $"{User.Write()} {Client.Write()}";

    internal static QuotaEntity Read(string key)
    {
        var blank = key.IndexOf(' ', StringComparison.Ordinal);
        return new(QuotaName.Read(key[..blank]), QuotaName.Read(key[(blank + 1)..]));
    }

    /// <summary>The entities whose quotas a client has, the first one first, as Apache Kafka orders them.</summary>
    internal static QuotaEntity[] Of(string user, string client) =>
    [
        new(QuotaName.Of(user), QuotaName.Of(client)),
        new(QuotaName.Of(user), QuotaName.Default),
        new(QuotaName.Of(user), QuotaName.Absent),
        new(QuotaName.Default, QuotaName.Of(client)),
        new(QuotaName.Default, QuotaName.Default),
        new(QuotaName.Default, QuotaName.Absent),
        new(QuotaName.Absent, QuotaName.Of(client)),
        new(QuotaName.Absent, QuotaName.Default),
    ];

    internal IEnumerable<(string Type, string? Name)> Parts()
    {
        if (User.IsGiven) yield return (UserType, User.Name);
        if (Client.IsGiven) yield return (ClientType, Client.Name);
    }
}
