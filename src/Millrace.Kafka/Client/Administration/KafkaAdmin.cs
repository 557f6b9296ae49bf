using Millrace.Kafka.Cluster;
using Millrace.Kafka.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka;

/// <summary>
/// Administers a cluster: topics, offsets, settings, groups, rules and quotas. It asks the broker whose matter it is, and
/// again for <see cref="KafkaOptions.RetryTimeout"/> while a failure may pass. Many tasks may use it at once.
/// </summary>
public sealed partial class KafkaAdmin
{
    readonly KafkaClient kafka;
    readonly ConnectionPool connections;

    internal KafkaAdmin(KafkaClient kafka) => (this.kafka, connections) = (kafka, new(kafka.Options));

    internal ValueTask DisposeAsync() => connections.DisposeAsync();

    /// <summary>The brokers, and which of them is the controller.</summary>
    public ValueTask<ClusterDescription> DescribeClusterAsync(CancellationToken cancellation = default) => PersistAsync(async () =>
    {
        var answer = await MetadataAsync([], cancellation).ConfigureAwait(false);
        return new ClusterDescription(answer.ClusterId, answer.ControllerId < 0 ? null : answer.ControllerId,
            [.. answer.Brokers.OrderBy(b => b.NodeId).Select(b => new BrokerDescription(b.NodeId, b.Host, b.Port, b.Rack))]);
    }, cancellation);

    /// <summary>What any broker knows of topics now; null stands for all of them.</summary>
    async ValueTask<MetadataResponse> MetadataAsync(IEnumerable<string>? topics, CancellationToken cancellation) =>
        await ClusterMetadata.AskAsync(await AnyAsync(cancellation).ConfigureAwait(false), topics, mayCreate: false, cancellation).ConfigureAwait(false);
}

/// <param name="Id">Null where brokers have no name for their cluster.</param>
/// <param name="Controller">The broker to which changes go, or null if there is none just now.</param>
public sealed record ClusterDescription(string? Id, int? Controller, IReadOnlyList<BrokerDescription> Brokers);

/// <param name="Host">Where it tells clients to connect to.</param>
/// <param name="Rack">Where it stands, or null if it doesn't say.</param>
public sealed record BrokerDescription(int Id, string Host, int Port, string? Rack);
