using Millrace.Broker.Connections;
using Millrace.Broker.Quotas;
using Millrace.Broker.Security;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Topics;

/// <summary>Deleting topics, and making them grow.</summary>
static class TopicApis
{
    internal static Api Delete(BrokerNode node) => Api.Of<DeleteTopicsRequest, DeleteTopicsResponse>(async (request, asked) =>
    {
        var response = new DeleteTopicsResponse();
        var mutations = new MutationQuota(node.Quotas, request, strictFrom: 5);
        var wanted = request.Version >= 6 ? asked.Topics.Select(t => (t.Name, t.TopicId)) : asked.TopicNames.Select(n => ((string?)n, Guid.Empty));
        foreach (var (name, id) in wanted)
        {
            var topic = name is null ? node.Topics.Find(id) : node.Topics.Find(name);
            Refused? over = null;
            var error = topic is null ? name is null ? ErrorCode.UnknownTopicId : node.Security.May(request, AclOperation.Describe, ResourceType.Topic, name) ? ErrorCode.UnknownTopicOrPartition : ErrorCode.TopicAuthorizationFailed
                : !node.Settings.Bool("delete.topic.enable") ? request.Version >= 3 ? ErrorCode.TopicDeletionDisabled : ErrorCode.InvalidRequest
                : !node.Security.May(request, AclOperation.Delete, ResourceType.Topic, topic.Name) ? ErrorCode.TopicAuthorizationFailed
                : (over = mutations.Take(topic.Partitions.Count)) is { } refused ? refused.Error
                : await node.Topics.DeleteAsync(topic).ConfigureAwait(false);
            var result = new DeleteTopicsResponse.DeletableTopicResult { Name = error == ErrorCode.None ? topic!.Name : name, ErrorCode = error };
            if (request.Version >= 6) result.TopicId = topic?.Id ?? id;
            result.ErrorMessage = over?.Message;
            response.Responses.Add(result);
        }
        response.ThrottleTimeMs = mutations.RestMs();
        return response;
    });

    internal static Api Grow(BrokerNode node) => Api.Of<CreatePartitionsRequest, CreatePartitionsResponse>(async (request, asked) =>
    {
        var response = new CreatePartitionsResponse();
        var mutations = new MutationQuota(node.Quotas, request, strictFrom: 3);
        foreach (var wish in asked.Topics)
        {
            var refused = await GrowAsync(node, request, wish, asked.ValidateOnly, mutations).ConfigureAwait(false);
            response.Results.Add(new() { Name = wish.Name, ErrorCode = refused?.Error ?? ErrorCode.None, ErrorMessage = refused?.Message });
        }
        response.ThrottleTimeMs = mutations.RestMs();
        return response;
    });

    static async ValueTask<Refused?> GrowAsync(BrokerNode node, Request request, CreatePartitionsRequest.CreatePartitionsTopic wish, bool onlyValidate, MutationQuota mutations)
    {
        if (!node.Security.May(request, AclOperation.Alter, ResourceType.Topic, wish.Name)) return new(ErrorCode.TopicAuthorizationFailed, null);
        if (node.Topics.Find(wish.Name) is not { } topic) return new(ErrorCode.UnknownTopicOrPartition, $"There is no topic '{wish.Name}'.");
        var has = topic.Partitions.Count;
        if (wish.Count <= has) return new(ErrorCode.InvalidPartitions, $"'{wish.Name}' has {has} partitions already, and can't have fewer or as many: {wish.Count} were asked for.");
        if (wish.Count > CreateTopicsApi.MostPartitions) return new(ErrorCode.InvalidPartitions, $"A topic has {CreateTopicsApi.MostPartitions:N0} partitions at most.");
        if (wish.Assignments is { } assigned && (assigned.Count != wish.Count - has || assigned.Exists(a => a.BrokerIds is not [BrokerNode.Id])))
            return new(ErrorCode.InvalidReplicaAssignment, $"There is one broker here, {BrokerNode.Id}: it has the only replica of each partition.");
        if (mutations.Take(wish.Count - has) is { } over) return over;
        if (onlyValidate) return null;
        return await node.Topics.GrowAsync(topic, wish.Count).ConfigureAwait(false) is not ErrorCode.None and var error ? new(error, null) : null;
    }
}
