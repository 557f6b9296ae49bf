using Millrace.Broker.Connections;
using Millrace.Broker.Security;
using Millrace.Kafka.Wire;
using Result = Millrace.Kafka.Wire.DescribeConfigsResponse.DescribeConfigsResult;

namespace Millrace.Broker.Topics;

/// <summary>Where a value comes from, as the wire numbers it.</summary>
enum ConfigSource : sbyte
{
    Topic = 1,
    DynamicBroker = 2,
    StaticBroker = 4,
    Default = 5,
}

/// <summary>Kinds of things that have settings, as the wire numbers them.</summary>
enum ConfigResource : sbyte
{
    Topic = 2,
    Broker = 4,
}

readonly record struct ConfigValue(ConfigKey Key, string Value, ConfigSource Source);

static class DescribeConfigsApi
{
    internal static Api Create(BrokerNode node) => Api.Of<DescribeConfigsRequest, DescribeConfigsResponse>((request, asked) => new()
    {
        Results = [.. asked.Resources.DistinctBy(r => (r.ResourceType, r.ResourceName)).Select(r => Describe(node, request, asked, r))],
    });

    static Result Describe(BrokerNode node, Request request, DescribeConfigsRequest asked, DescribeConfigsRequest.DescribeConfigsResource resource)
    {
        var result = new Result { ResourceType = resource.ResourceType, ResourceName = resource.ResourceName };
        if (Find(node, request, resource, out var values) is { } refused)
        {
            (result.ErrorCode, result.ErrorMessage) = (refused.Error, refused.Message);
            return result;
        }
        result.Configs = [.. values.Where(v => resource.ConfigurationKeys is null || resource.ConfigurationKeys.Count == 0 || resource.ConfigurationKeys.Contains(v.Key.Name)).Select(v => Write(node, request, asked, v))];
        return result;
    }

    static Refused? Find(BrokerNode node, Request request, DescribeConfigsRequest.DescribeConfigsResource resource, out IEnumerable<ConfigValue> values)
    {
        values = [];
        switch ((ConfigResource)resource.ResourceType)
        {
            case ConfigResource.Topic:
                if (!node.Security.May(request, AclOperation.DescribeConfigs, ResourceType.Topic, resource.ResourceName)) return new(ErrorCode.TopicAuthorizationFailed, null);
                if (node.Topics.Find(resource.ResourceName) is not { } topic) return new(ErrorCode.UnknownTopicOrPartition, $"There is no topic '{resource.ResourceName}'.");
                values = OfTopic(node, topic.Config);
                return null;
            case ConfigResource.Broker:
                if (!node.Security.May(request, AclOperation.DescribeConfigs, ResourceType.Cluster, Acls.ClusterName)) return new(ErrorCode.ClusterAuthorizationFailed, null);
                if (resource.ResourceName is not ("" or "1")) return new(ErrorCode.InvalidRequest, $"There is one broker here, {BrokerNode.Id}, and '{resource.ResourceName}' was asked for.");
                values = OfBroker(node, onlyChanged: resource.ResourceName.Length == 0);
                return null;
            default:
                return new(ErrorCode.InvalidRequest, $"Things of kind {resource.ResourceType} have no settings here.");
        }
    }

    internal static IEnumerable<ConfigValue> OfTopic(BrokerNode node, IReadOnlyDictionary<string, string> given) =>
        TopicConfig.Keys.Select(key => new ConfigValue(key, TopicConfig.ValueOf(key, given, node.Settings),
            given.ContainsKey(key.Name) ? ConfigSource.Topic : node.Settings.Given(key.Broader) is not null ? BrokerConfigs.SourceOf(node, key.Broader!) : ConfigSource.Default));

    static IEnumerable<ConfigValue> OfBroker(BrokerNode node, bool onlyChanged) =>
        BrokerSettings.Keys.Select(key => new ConfigValue(key, node.Settings.Text(key.Name), node.Settings.Given(key.Name) is null ? ConfigSource.Default : BrokerConfigs.SourceOf(node, key.Name)))
            .Where(v => !onlyChanged || v.Source == ConfigSource.DynamicBroker);

    static Result.DescribeConfigsResourceResult Write(BrokerNode node, Request request, DescribeConfigsRequest asked, ConfigValue value)
    {
        var written = new Result.DescribeConfigsResourceResult
        {
            Name = value.Key.Name,
            Value = value.Key.IsSecret ? null : value.Value,
            ReadOnly = !value.Key.IsDynamic,
            ConfigSource = (sbyte)value.Source,
            IsSensitive = value.Key.IsSecret,
            Synonyms = asked.IncludeSynonyms ? [.. Synonyms(node, value)] : [],
        };
        if (request.Version < 3) return written;
        written.ConfigType = (sbyte)value.Key.Kind;
        written.Documentation = asked.IncludeDocumentation ? $"{value.Key.Name} is {value.Key.Wanted}." : null;
        return written;
    }

    /// <summary>The value, and those that it's over.</summary>
    static IEnumerable<Result.DescribeConfigsResourceResult.DescribeConfigsSynonym> Synonyms(BrokerNode node, ConfigValue value)
    {
        var name = value.Key.Broader ?? value.Key.Name;
        if (value.Source == ConfigSource.Topic) yield return new() { Name = value.Key.Name, Value = value.Value, Source = (sbyte)ConfigSource.Topic };
        if (node.Settings.Given(name) is { } given) yield return new() { Name = name, Value = given, Source = (sbyte)BrokerConfigs.SourceOf(node, name) };
        yield return new() { Name = name, Value = value.Key.Default, Source = (sbyte)ConfigSource.Default };
    }
}
