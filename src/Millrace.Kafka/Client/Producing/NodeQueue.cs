using Millrace.Kafka.Connections;

namespace Millrace.Kafka.Producing;

/// <summary>What waits for one broker.</summary>
sealed class NodeQueue(int node)
{
    /// <summary>The most requests that are under way at once. Apache Kafka remembers five batches of each producer and partition.</summary>
    internal const int MostInFlight = 5;

    internal int Node { get; } = node;

    /// <summary>Partitions that it leads and that have something waiting.</summary>
    internal List<PartitionQueue> Queues { get; } = [];

    /// <summary>Where the next request begins to collect, so that all have their turn.</summary>
    internal int Turn { get; set; }

    internal int InFlight { get; set; }

    /// <summary>Whether a request is being written: the next one waits behind it.</summary>
    internal bool IsWriting { get; set; }

    internal BrokerConnection? Connection { get; set; }
}
