using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Millrace.Kafka;

/// <summary>How to reach a cluster and who to be there.</summary>
public sealed record KafkaOptions
{
    /// <summary>Some of the cluster's brokers, separated by commas: <c>host:port</c>, or <c>host</c> for port 9092. The rest is learned from them.</summary>
    public required string BootstrapServers { get; init; }

    /// <summary>The name under which brokers log, meter and limit this program.</summary>
    public string ClientId { get; init; } = "millrace";

    /// <summary>Encrypts connections. Null for plain ones.</summary>
    public TlsOptions? Tls { get; init; }

    /// <summary>Says who we are. Null for brokers that don't ask.</summary>
    public SaslLogin? Sasl { get; init; }

    /// <summary>How long one request may go without an answer before its connection is given up.</summary>
    public TimeSpan RequestTimeout
    {
        get;
        init => field = value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(RequestTimeout), value, "A request needs some time to be answered.");
    } = TimeSpan.FromSeconds(30);

    /// <summary>How long to go on trying where a failure may pass: looking up brokers, topics, coordinators.</summary>
    public TimeSpan RetryTimeout
    {
        get;
        init => field = value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(RetryTimeout), value, "Trying needs some time.");
    } = TimeSpan.FromMinutes(1);

    public TimeSpan ConnectTimeout
    {
        get;
        init => field = value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(ConnectTimeout), value, "Connecting needs some time.");
    } = TimeSpan.FromSeconds(10);

    /// <summary>After this long what is known of the cluster is looked up again, even when nothing fails.</summary>
    public TimeSpan MetadataMaxAge { get; init; } = TimeSpan.FromMinutes(5);

    public ILogger Logger { get; init; } = NullLogger.Instance;

    internal TimeProvider Time { get; init; } = TimeProvider.System;

    // The wait doubles up to a second; a part of it is chance, so that clients of a broker that comes back don't come all at once.
    internal static TimeSpan Backoff(int tries) => TimeSpan.FromMilliseconds(Math.Min(1000, 20 << Math.Min(tries, 6)) * (0.8 + 0.4 * Random.Shared.NextDouble()));
}

/// <summary>How connections are encrypted.</summary>
public sealed record TlsOptions
{
    /// <summary>A certificate that signs the brokers', where the system doesn't know it.</summary>
    public X509Certificate2? TrustedRoot { get; init; }

    /// <summary>Our own certificate, for brokers that ask for one.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    internal SslClientAuthenticationOptions For(string host)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = host };
        if (ClientCertificate is not null) options.ClientCertificates = [ClientCertificate];
        if (TrustedRoot is null) return options;
        options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        options.CertificateChainPolicy.CustomTrustStore.Add(TrustedRoot);
        return options;
    }
}
