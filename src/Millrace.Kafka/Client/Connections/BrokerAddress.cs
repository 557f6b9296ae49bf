using System.Globalization;

namespace Millrace.Kafka.Connections;

readonly record struct BrokerAddress(string Host, int Port)
{
    const int UsualPort = 9092;

    internal static BrokerAddress[] ParseList(string servers)
    {
        var addresses = servers.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Parse).ToArray();
        return addresses.Length > 0 ? addresses : throw new ArgumentException("BootstrapServers names no broker. Give one at least, such as localhost:9092.");
    }

    static BrokerAddress Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        // An address of version 6 has colons of its own: its port stands behind a bracket.
        var hasPort = colon >= 0 && (text[0] == '[' ? text[colon - 1] == ']' : text.IndexOf(':', StringComparison.Ordinal) == colon);
        var host = (hasPort ? text[..colon] : text).Trim('[', ']');
        var port = UsualPort;
        if (host.Length == 0 || (hasPort && (!int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65_535)))
            throw new ArgumentException($"'{text}' in BootstrapServers is not a broker. Write host:port, such as localhost:9092.");
        return new(host, port);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}");
}
