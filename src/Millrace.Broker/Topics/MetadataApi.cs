using Millrace.Broker.Connections;
using Millrace.Broker.Quotas;
using Millrace.Broker.Security;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Topics;

static class MetadataApi
{
    /// <summary>So many topics are made for one request. Clients ask again for the others, as for all that aren't there yet.</summary>
    internal const int MostMade = 100;

    internal static Api Create(BrokerNode node) => Api.Of<MetadataRequest, MetadataResponse>(async (request, asked) =>
    {
        var response = new MetadataResponse
        {
            Brokers = [new() { NodeId = BrokerNode.Id, Host = node.AdvertisedHost(request), Port = node.AdvertisedPort }],
            ClusterId = node.ClusterId,
            ControllerId = BrokerNode.Id,
        };
        // An empty list stands for all in the first version, for none in all others.
        if (asked.Topics is null || (request.Version == 0 && asked.Topics.Count == 0))
        {
            foreach (var topic in node.Topics.All.OrderBy(t => t.Name, StringComparer.Ordinal))
                if (node.Security.May(request, AclOperation.Describe, ResourceType.Topic, topic.Name)) response.Topics.Add(Describe(node, request, asked, topic));
        }
        else
        {
            // A short request must not make a long answer by naming the same thing again and again. That holds for all that describe.
            var made = 0;
            foreach (var one in asked.Topics.DistinctBy(t => (t.TopicId, t.Name)))
            {
                if (Known(node, request, asked, one) is not { } known)
                {
                    known = made < MostMade ? await MakeAsync(node, request, asked, one.Name!).ConfigureAwait(false) : new() { ErrorCode = ErrorCode.UnknownTopicOrPartition, Name = one.Name };
                    made++;
                }
                response.Topics.Add(known);
            }
        }
        if (asked.IncludeClusterAuthorizedOperations && request.Version is >= 8 and <= 10)
            response.ClusterAuthorizedOperations = node.Security.OperationsOn(request, ResourceType.Cluster, Acls.ClusterName);
        return response;
    });

    /// <summary>What there is to say of a topic, or null where it's to be made.</summary>
    static MetadataResponse.MetadataResponseTopic? Known(BrokerNode node, Request request, MetadataRequest asked, MetadataRequest.MetadataRequestTopic one)
    {
        if (one.TopicId != Guid.Empty)
        {
            return node.Topics.Find(one.TopicId) is { } known && node.Security.May(request, AclOperation.Describe, ResourceType.Topic, known.Name)
                ? Describe(node, request, asked, known)
                : new() { ErrorCode = ErrorCode.UnknownTopicId, TopicId = one.TopicId, Name = request.Version >= 12 ? null : "" };
        }
        var name = one.Name ?? "";
        if (!node.Security.May(request, AclOperation.Describe, ResourceType.Topic, name)) return new() { ErrorCode = ErrorCode.TopicAuthorizationFailed, Name = name };
        if (node.Topics.Find(name) is { } topic) return Describe(node, request, asked, topic);
        if (Topic.NameFlaw(name) is not null) return new() { ErrorCode = ErrorCode.InvalidTopic, Name = name };
        if (!(request.Version < 4 || asked.AllowAutoTopicCreation) || !node.Settings.Bool("auto.create.topics.enable"))
            return new() { ErrorCode = ErrorCode.UnknownTopicOrPartition, Name = name };
        if (!node.Security.May(request, AclOperation.Create, ResourceType.Cluster, Acls.ClusterName) && !node.Security.May(request, AclOperation.Create, ResourceType.Topic, name))
            return new() { ErrorCode = ErrorCode.TopicAuthorizationFailed, Name = name };
        return null;
    }

    static async ValueTask<MetadataResponse.MetadataResponseTopic> MakeAsync(BrokerNode node, Request request, MetadataRequest asked, string name)
    {
        // The client asks again, as it does for a topic that isn't there yet.
        if (new MutationQuota(node.Quotas, request, strictFrom: 0).Take(node.Settings.Int("num.partitions")) is not null) return new() { ErrorCode = ErrorCode.UnknownTopicOrPartition, Name = name };
        var error = await node.Topics.CreateAsync(name, node.Settings.Int("num.partitions"), new Dictionary<string, string>(), node.Settings).ConfigureAwait(false);
        return node.Topics.Find(name) is { } made ? Describe(node, request, asked, made) : new() { ErrorCode = error, Name = name };
    }

    static MetadataResponse.MetadataResponseTopic Describe(BrokerNode node, Request request, MetadataRequest asked, Topic topic) => new()
    {
        Name = topic.Name,
        TopicId = topic.Id,
        TopicAuthorizedOperations = asked.IncludeTopicAuthorizedOperations && request.Version >= 8 ? node.Security.OperationsOn(request, ResourceType.Topic, topic.Name) : int.MinValue,
        Partitions = [.. topic.Partitions.Select(p => new MetadataResponse.MetadataResponseTopic.MetadataResponsePartition
        {
            PartitionIndex = p.Index,
            LeaderId = BrokerNode.Id,
            LeaderEpoch = node.Epoch,
            ReplicaNodes = [BrokerNode.Id],
            IsrNodes = [BrokerNode.Id],
        })],
    };
}
