using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;

namespace Millrace.Kafka;

/// <summary>How to reach a cluster, by the names that Apache Kafka's tools and librdkafka have for it.</summary>
sealed partial class ClusterProperties
{
    static readonly string[] known =
    [
        "security.protocol", "sasl.mechanism", "sasl.mechanisms", "sasl.jaas.config", "sasl.username", "sasl.password",
        "ssl.ca.location", "ssl.certificate.location", "ssl.key.location", "ssl.key.password",
        "ssl.truststore.location", "ssl.truststore.type", "ssl.truststore.password", "ssl.keystore.location", "ssl.keystore.type", "ssl.keystore.password",
    ];

    readonly Dictionary<string, string> values = new(StringComparer.Ordinal);
    readonly string path = "";

    internal ClusterProperties()
    {
    }

    ClusterProperties(string path, IEnumerable<string> lines)
    {
        this.path = path;
        var whole = "";
        foreach (var line in lines.Select(l => l.Trim()))
        {
            if (whole.Length == 0 && (line.Length == 0 || line[0] is '#' or '!')) continue;
            whole += line;
            // A line that goes on in the next.
            if (whole.EndsWith('\\'))
            {
                whole = whole[..^1];
                continue;
            }
            var middle = whole.IndexOfAny(['=', ':']);
            if (middle <= 0) throw Wrong($"'{whole}' is no property. Write name=value");
            values[whole[..middle].TrimEnd()] = whole[(middle + 1)..].TrimStart();
            whole = "";
        }
        // What concerns security is never passed over: whoever wrote it counts on it.
        if (values.Keys.FirstOrDefault(k => (k.StartsWith("ssl.", StringComparison.Ordinal) || k.StartsWith("sasl.", StringComparison.Ordinal)) && !known.Contains(k)) is { } strange)
            throw Wrong($"'{strange}' is not known here. Known are {string.Join(", ", known)}");
    }

    /// <exception cref="FormatException">A line is no property, or what it says of security isn't known.</exception>
    internal static ClusterProperties Load(string path) => new(path, File.ReadAllLines(path));

    /// <summary>The cluster that the brokers, the file or what is otherwise there mean, the first that says one; null where none does.</summary>
    /// <param name="file">Who to be there and how to encrypt; it need not be there.</param>
    internal static KafkaOptions? Choose(string file, string? servers, string? otherwise)
    {
        var properties = File.Exists(file) ? Load(file) : new();
        return (servers ?? properties.BootstrapServers ?? otherwise) is { } chosen ? properties.Options(chosen) : null;
    }

    internal string? BootstrapServers => values.GetValueOrDefault("bootstrap.servers");

    /// <exception cref="FormatException">The properties contradict each other or can't be read.</exception>
    internal KafkaOptions Options(string servers)
    {
        var protocol = values.GetValueOrDefault("security.protocol", "PLAINTEXT").ToUpperInvariant();
        if (protocol is not ("PLAINTEXT" or "SSL" or "SASL_PLAINTEXT" or "SASL_SSL")) throw Wrong($"security.protocol is '{protocol}'. Give PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL");
        return new()
        {
            BootstrapServers = servers,
            ClientId = values.GetValueOrDefault("client.id", "millrace"),
            Tls = protocol.EndsWith("SSL", StringComparison.Ordinal) ? Tls() : null,
            Sasl = protocol.StartsWith("SASL", StringComparison.Ordinal) ? Login() : null,
            RequestTimeout = Milliseconds("request.timeout.ms") ?? TimeSpan.FromSeconds(30),
        };
    }

    TimeSpan? Milliseconds(string name) => values.GetValueOrDefault(name) is not { } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? TimeSpan.FromMilliseconds(number)
        : throw Wrong($"{name} is '{text}'. Give a number of milliseconds");

    SaslLogin Login()
    {
        var (user, password) = (values.GetValueOrDefault("sasl.username"), values.GetValueOrDefault("sasl.password"));
        if (values.GetValueOrDefault("sasl.jaas.config") is { } jaas)
            foreach (var option in JaasOption.Matches(jaas).Select(m => m.Groups))
            {
                var value = option[2].Value.Replace("\\\"", "\"", StringComparison.Ordinal);
                if (option[1].Value == "username") user ??= value;
                else password ??= value;
            }
        if (user is null || password is null) throw Wrong("security.protocol asks for a login, and there is none. Give sasl.jaas.config, or sasl.username and sasl.password");
        var mechanism = values.GetValueOrDefault("sasl.mechanism") ?? values.GetValueOrDefault("sasl.mechanisms") ?? "none";
        return mechanism.ToUpperInvariant() switch
        {
            "PLAIN" => SaslLogin.Plain(user, password),
            "SCRAM-SHA-256" => SaslLogin.ScramSha256(user, password),
            "SCRAM-SHA-512" => SaslLogin.ScramSha512(user, password),
            _ => throw Wrong($"sasl.mechanism is '{mechanism}'. Give PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"),
        };
    }

    TlsOptions Tls()
    {
        try
        {
            return new()
            {
                TrustedRoot = (values.GetValueOrDefault("ssl.ca.location") ?? values.GetValueOrDefault("ssl.truststore.location")) is { } root
                    ? IsPem("ssl.truststore", root) ? X509Certificate2.CreateFromPem(File.ReadAllText(root)) : X509CertificateLoader.LoadPkcs12FromFile(root, values.GetValueOrDefault("ssl.truststore.password"))
                    : null,
                ClientCertificate = ClientCertificate(),
            };
        }
        catch (Exception failed) when (failed is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Wrong($"a certificate can't be read: {failed.Message.TrimEnd('.')}");
        }
    }

    X509Certificate2? ClientCertificate()
    {
        if (values.GetValueOrDefault("ssl.keystore.location") is { } store && !IsPem("ssl.keystore", store))
            return X509CertificateLoader.LoadPkcs12FromFile(store, values.GetValueOrDefault("ssl.keystore.password"));
        var certificate = values.GetValueOrDefault("ssl.certificate.location") ?? values.GetValueOrDefault("ssl.keystore.location");
        if (certificate is null) return null;
        var key = values.GetValueOrDefault("ssl.key.location");
        return values.GetValueOrDefault("ssl.key.password") is { } password ? X509Certificate2.CreateFromEncryptedPemFile(certificate, password, key) : X509Certificate2.CreateFromPemFile(certificate, key);
    }

    // Apache Kafka takes a store for Java's own format unless it is told; that one we can't read.
    bool IsPem(string store, string location) => values.GetValueOrDefault($"{store}.type")?.ToUpperInvariant() switch
    {
        "PEM" => true,
        "PKCS12" => false,
        null => Path.GetExtension(location).ToUpperInvariant() is not (".P12" or ".PFX" or ".PKCS12" or ".JKS"),
        var type => throw Wrong($"{store}.type is '{type}'. Give PEM or PKCS12"),
    };

    FormatException Wrong(string what) => new($"{(path.Length > 0 ? path : "The properties")}: {what}.");

    [GeneratedRegex("""(username|password)\s*=\s*"((?:[^"\\]|\\.)*)"([\s;]|$)""")]
    static partial Regex JaasOption { get; }
}
