using Millrace.Broker.Connections;
using Millrace.Broker.Quotas;
using Millrace.Broker.Security;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Topics;

static class CreateTopicsApi
{
    internal const int MostPartitions = 10_000;

    internal static Api Create(BrokerNode node) => Api.Of<CreateTopicsRequest, CreateTopicsResponse>(async (request, asked) =>
    {
        var response = new CreateTopicsResponse();
        var mutations = new MutationQuota(node.Quotas, request, strictFrom: 6);
        var twice = asked.Topics.GroupBy(t => t.Name).Where(g => g.Count() > 1).Select(g => g.Key).ToHashSet();
        foreach (var topic in asked.Topics.DistinctBy(t => t.Name))
        {
            var result = twice.Contains(topic.Name)
                ? Refused(topic, new(ErrorCode.InvalidRequest, $"'{topic.Name}' is in the request more than once."))
                : await CreateAsync(node, request, topic, asked.validateOnly, mutations).ConfigureAwait(false);
            response.Topics.Add(result);
        }
        response.ThrottleTimeMs = mutations.RestMs();
        return response;
    });

    static async ValueTask<CreateTopicsResponse.CreatableTopicResult> CreateAsync(BrokerNode node, Request request, CreateTopicsRequest.CreatableTopic topic, bool onlyValidate, MutationQuota mutations)
    {
        if (!node.Security.May(request, AclOperation.Create, ResourceType.Cluster, Acls.ClusterName) && !node.Security.May(request, AclOperation.Create, ResourceType.Topic, topic.Name))
            return Refused(topic, new(ErrorCode.TopicAuthorizationFailed, $"You may not create '{topic.Name}'."));
        if (Flaw(node, topic) is { } refusal) return Refused(topic, refusal);
        var partitions = topic.Assignments.Count > 0 ? topic.Assignments.Count : topic.NumPartitions == -1 ? node.Settings.Int("num.partitions") : topic.NumPartitions;
        // As in Apache Kafka, after all else, and for those as well who only ask whether they could.
        if (mutations.Take(partitions) is { } over) return Refused(topic, over);
        var config = topic.Configs.Where(c => c.Value is not null).GroupBy(c => c.Name).ToDictionary(g => g.Key, g => g.Last().Value!);
        if (!onlyValidate)
        {
            var error = await node.Topics.CreateAsync(topic.Name, partitions, config, node.Settings).ConfigureAwait(false);
            if (error != ErrorCode.None) return Refused(topic, new(error, error == ErrorCode.TopicAlreadyExists ? $"There is a topic '{topic.Name}' already." : null));
        }
        var made = new CreateTopicsResponse.CreatableTopicResult { Name = topic.Name };
        if (request.Version >= 7) made.TopicId = node.Topics.Find(topic.Name)?.Id ?? Guid.Empty;
        if (request.Version < 5) return made;
        (made.NumPartitions, made.ReplicationFactor) = (partitions, 1);
        made.Configs = [.. DescribeConfigsApi.OfTopic(node, config).Select(c => new CreateTopicsResponse.CreatableTopicResult.CreatableTopicConfigs
        {
            Name = c.Key.Name,
            Value = c.Value,
            ConfigSource = (sbyte)c.Source,
        })];
        return made;
    }

    static Refused? Flaw(BrokerNode node, CreateTopicsRequest.CreatableTopic topic)
    {
        if (Topic.NameFlaw(topic.Name) is { } name) return new(ErrorCode.InvalidTopic, name);
        if (node.Topics.Find(topic.Name) is not null) return new(ErrorCode.TopicAlreadyExists, $"There is a topic '{topic.Name}' already.");
        if (topic.Assignments.Count > 0)
        {
            if (topic.NumPartitions != -1 || topic.ReplicationFactor != -1) return new(ErrorCode.InvalidRequest, "Partitions are either counted or assigned, not both.");
            if (topic.Assignments.Any(a => a.BrokerIds is not [BrokerNode.Id])) return new(ErrorCode.InvalidReplicaAssignment, $"There is one broker here, {BrokerNode.Id}: it has the only replica of each partition.");
            if (!topic.Assignments.Select(a => a.PartitionIndex).Order().SequenceEqual(Enumerable.Range(0, topic.Assignments.Count)))
                return new(ErrorCode.InvalidReplicaAssignment, "Partitions are numbered from 0 on, without gaps.");
        }
        else if (topic.NumPartitions is 0 or < -1 or > MostPartitions)
            return new(ErrorCode.InvalidPartitions, $"A topic has 1 to {MostPartitions:N0} partitions, not {topic.NumPartitions}.");
        else if (topic.ReplicationFactor is not (-1 or 1))
            return new(ErrorCode.InvalidReplicationFactor, $"The replication factor is {topic.ReplicationFactor}, and there is one broker. Use 1, or a cluster.");
        foreach (var config in topic.Configs)
            if (TopicConfig.Flaw(config.Name, config.Value) is { } flaw) return new(ErrorCode.InvalidConfig, flaw);
        return null;
    }

    static CreateTopicsResponse.CreatableTopicResult Refused(CreateTopicsRequest.CreatableTopic topic, Refused refused) =>
        new() { Name = topic.Name, ErrorCode = refused.Error, ErrorMessage = refused.Message };
}

/// <summary>Why something wasn't done.</summary>
readonly record struct Refused(ErrorCode Error, string? Message);
