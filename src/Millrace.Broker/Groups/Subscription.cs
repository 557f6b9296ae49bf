using Millrace.Kafka.Wire;

namespace Millrace.Broker.Groups;

/// <summary>What consumers of the classic protocol say among themselves: the broker looks only for the topics.</summary>
static class Subscription
{
    internal static List<string> Topics(byte[] metadata)
    {
        var reader = new WireReader(metadata);
        var version = Math.Clamp(reader.Int16(), ConsumerProtocolSubscription.Oldest, ConsumerProtocolSubscription.Newest);
        return ConsumerProtocolSubscription.Read(ref reader, version).Topics;
    }
}
