using System.Text;
using Millrace.Broker.Connections;
using Millrace.Broker.Security;
using Millrace.Broker.State;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Topics;

/// <summary>Changing the settings of topics and of the broker, one by one or all at once.</summary>
static class AlterConfigsApis
{
    enum Operation : sbyte { Set, Delete, Append, Subtract }

    internal static Api All(BrokerNode node) => Api.Of<AlterConfigsRequest, AlterConfigsResponse>(async (request, asked) =>
    {
        var response = new AlterConfigsResponse();
        foreach (var resource in asked.Resources)
        {
            var wanted = resource.Configs.Where(c => c.Value is not null).Select(c => (c.Name, c.Value!)).ToList();
            var refused = await ChangeAsync(node, request, resource.ResourceType, resource.ResourceName, _ => (null, wanted.DistinctBy(c => c.Name).ToDictionary(c => c.Name, c => c.Item2)), asked.ValidateOnly).ConfigureAwait(false);
            response.Responses.Add(new() { ResourceType = resource.ResourceType, ResourceName = resource.ResourceName, ErrorCode = refused?.Error ?? ErrorCode.None, ErrorMessage = refused?.Message });
        }
        return response;
    });

    internal static Api Some(BrokerNode node) => Api.Of<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(async (request, asked) =>
    {
        var response = new IncrementalAlterConfigsResponse();
        foreach (var resource in asked.Resources)
        {
            var refused = await ChangeAsync(node, request, resource.ResourceType, resource.ResourceName, given => Apply(node, resource, given), asked.ValidateOnly).ConfigureAwait(false);
            response.Responses.Add(new() { ResourceType = resource.ResourceType, ResourceName = resource.ResourceName, ErrorCode = refused?.Error ?? ErrorCode.None, ErrorMessage = refused?.Message });
        }
        return response;
    });

    static (Refused?, Dictionary<string, string>) Apply(BrokerNode node, IncrementalAlterConfigsRequest.AlterConfigsResource resource, IReadOnlyDictionary<string, string> given)
    {
        var result = given.ToDictionary();
        if (resource.Configs.GroupBy(c => c.Name).FirstOrDefault(g => g.Count() > 1) is { } twice) return (new(ErrorCode.InvalidRequest, $"'{twice.Key}' is in the request more than once."), result);
        foreach (var config in resource.Configs)
        {
            var key = resource.ResourceType == (sbyte)ConfigResource.Topic ? TopicConfig.Find(config.Name) : BrokerSettings.Find(config.Name);
            switch ((Operation)config.ConfigOperation)
            {
                case Operation.Set when config.Value is { } value:
                    result[config.Name] = value;
                    break;
                case Operation.Delete:
                    result.Remove(config.Name);
                    break;
                case Operation.Append or Operation.Subtract when key is { Kind: ConfigKind.List } && config.Value is { } items:
                    var now = (result.GetValueOrDefault(config.Name) ?? node.Settings.Given(key.Broader) ?? key.Default).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                    var some = items.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                    result[config.Name] = string.Join(',', config.ConfigOperation == (sbyte)Operation.Append ? now.Union(some) : now.Except(some));
                    break;
                default:
                    return (new(ErrorCode.InvalidConfig, $"'{config.Name}' can't be changed that way (operation {config.ConfigOperation})."), result);
            }
        }
        return (null, result);
    }

    static async ValueTask<Refused?> ChangeAsync(BrokerNode node, Request request, sbyte type, string name, Func<IReadOnlyDictionary<string, string>, (Refused?, Dictionary<string, string>)> change, bool onlyValidate)
    {
        switch ((ConfigResource)type)
        {
            case ConfigResource.Topic:
                if (!node.Security.May(request, AclOperation.AlterConfigs, ResourceType.Topic, name)) return new(ErrorCode.TopicAuthorizationFailed, null);
                return node.Topics.Find(name) is { } topic ? await ChangeAsync(node, topic, change, onlyValidate).ConfigureAwait(false) : new(ErrorCode.UnknownTopicOrPartition, $"There is no topic '{name}'.");
            case ConfigResource.Broker:
                if (!node.Security.May(request, AclOperation.AlterConfigs, ResourceType.Cluster, Acls.ClusterName)) return new(ErrorCode.ClusterAuthorizationFailed, null);
                if (name is not ("" or "1")) return new(ErrorCode.InvalidRequest, $"There is one broker here, {BrokerNode.Id}, and '{name}' was asked for.");
                return await ChangeAsync(node, change, onlyValidate).ConfigureAwait(false);
            default:
                return new(ErrorCode.InvalidRequest, $"Things of kind {type} have no settings here.");
        }
    }

    static async ValueTask<Refused?> ChangeAsync(BrokerNode node, Topic topic, Func<IReadOnlyDictionary<string, string>, (Refused?, Dictionary<string, string>)> change, bool onlyValidate)
    {
        var (refused, config) = change(topic.Config);
        if (refused is not null) return refused;
        foreach (var (name, value) in config)
            if (TopicConfig.Flaw(name, value) is { } flaw) return new(ErrorCode.InvalidConfig, flaw);
        if (onlyValidate) return null;
        return await node.Topics.ConfigureAsync(topic, config, node.Settings).ConfigureAwait(false) is not ErrorCode.None and var error ? new(error, null) : null;
    }

    static async ValueTask<Refused?> ChangeAsync(BrokerNode node, Func<IReadOnlyDictionary<string, string>, (Refused?, Dictionary<string, string>)> change, bool onlyValidate)
    {
        var before = node.State.All(StateKind.BrokerConfig).ToDictionary(c => c.Key, c => Encoding.UTF8.GetString(c.Value));
        var (refused, config) = change(before);
        if (refused is not null) return refused;
        foreach (var (name, value) in config)
            if (BrokerSettings.Flaw(name, value) is { } flaw) return new(ErrorCode.InvalidConfig, flaw);
        if (onlyValidate) return null;
        try
        {
            await node.State.PutAsync([.. before.Keys.Where(k => !config.ContainsKey(k)).Select(k => new StateChange(StateKind.BrokerConfig, k, null)),
                .. config.Select(c => new StateChange(StateKind.BrokerConfig, c.Key, Encoding.UTF8.GetBytes(c.Value)))]).ConfigureAwait(false);
        }
        catch (IOException failed)
        {
            return new(ErrorCode.KafkaStorageError, failed.Message);
        }
        node.Reconfigure();
        return null;
    }

    internal static Api List(BrokerNode node) => Api.Of<ListConfigResourcesRequest, ListConfigResourcesResponse>((request, asked) =>
    {
        if (!node.Security.May(request, AclOperation.DescribeConfigs, ResourceType.Cluster, Acls.ClusterName)) return new() { ErrorCode = ErrorCode.ClusterAuthorizationFailed };
        // The first version knows of client metrics only, and there are none.
        if (request.Version == 0) return new();
        var response = new ListConfigResourcesResponse();
        bool Wants(ConfigResource kind) => asked.ResourceTypes.Count == 0 || asked.ResourceTypes.Contains((sbyte)kind);
        if (Wants(ConfigResource.Topic))
            response.ConfigResources.AddRange(node.Topics.All.OrderBy(t => t.Name, StringComparer.Ordinal).Select(t => new ListConfigResourcesResponse.ConfigResource { ResourceName = t.Name, ResourceType = (sbyte)ConfigResource.Topic }));
        if (Wants(ConfigResource.Broker)) response.ConfigResources.Add(new() { ResourceName = "1", ResourceType = (sbyte)ConfigResource.Broker });
        return response;
    });
}
