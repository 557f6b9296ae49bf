using System.Net;

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
    internal const string UserType = "user", ClientType = "client-id", AddressType = "ip";

    internal static readonly QuotaEntity AnyAddress = new() { Address = QuotaName.Default };

    /// <summary>An address has quotas of its own, apart from those of the users and clients that come from it.</summary>
    internal QuotaName Address { get; init; }

    internal static QuotaEntity OfAddress(string address) => new() { Address = QuotaName.Of(address) };

    /// <summary>An address in the one form that it's known by.</summary>
    internal static string Written(IPAddress address) => (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();

    /// <summary>What it is remembered by: | user | blank | client id | and of an address: | blank | address |</summary>
    internal string Key => Address.IsGiven ? $"{User.Write()} {Client.Write()} {Address.Write()}" : $"{User.Write()} {Client.Write()}";

    internal static QuotaEntity Read(string key)
    {
        var parts = key.Split(' ');
        return new(QuotaName.Read(parts[0]), QuotaName.Read(parts[1])) { Address = parts.Length > 2 ? QuotaName.Read(parts[2]) : default };
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
        if (Address.IsGiven) yield return (AddressType, Address.Name);
    }
}
