using System.Globalization;
using Millrace.Kafka.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka;

public sealed partial class KafkaAdmin
{
    const sbyte TopicResource = 2, BrokerResource = 4;

    /// <summary>The settings of a topic, by name.</summary>
    public ValueTask<IReadOnlyList<ConfigEntry>> DescribeTopicConfigsAsync(string topic, CancellationToken cancellation = default) =>
        DescribeConfigsAsync(TopicResource, topic, $"The settings of topic '{topic}' can't be read", () => AnyAsync(cancellation), cancellation);

    /// <summary>The settings of a broker, by name.</summary>
    public ValueTask<IReadOnlyList<ConfigEntry>> DescribeBrokerConfigsAsync(int broker, CancellationToken cancellation = default) =>
        DescribeConfigsAsync(BrokerResource, Name(broker), $"The settings of broker {broker} can't be read", () => NamedAsync(broker, cancellation), cancellation);

    public ValueTask AlterTopicConfigsAsync(string topic, IEnumerable<ConfigChange> changes, CancellationToken cancellation = default) =>
        AlterConfigsAsync(TopicResource, topic, changes, $"The settings of topic '{topic}' can't be changed", () => AnyAsync(cancellation), cancellation);

    /// <param name="broker">Null for all brokers.</param>
    public ValueTask AlterBrokerConfigsAsync(int? broker, IEnumerable<ConfigChange> changes, CancellationToken cancellation = default) => broker is { } one
        ? AlterConfigsAsync(BrokerResource, Name(one), changes, $"The settings of broker {one} can't be changed", () => NamedAsync(one, cancellation), cancellation)
        : AlterConfigsAsync(BrokerResource, "", changes, "The settings of all brokers can't be changed", () => AnyAsync(cancellation), cancellation);

    // A leader that isn't there may come back; for one that somebody names wrongly nobody should wait.
    async ValueTask<BrokerConnection> NamedAsync(int broker, CancellationToken cancellation)
    {
        try
        {
            return await BrokerAsync(broker, cancellation).ConfigureAwait(false);
        }
        catch (KafkaException missing) when (missing.Code == ErrorCode.BrokerNotAvailable)
        {
            throw new KafkaException(ErrorCode.ResourceNotFound, missing.Message);
        }
    }

    static string Name(int broker) => broker.ToString(CultureInfo.InvariantCulture);

    ValueTask<IReadOnlyList<ConfigEntry>> DescribeConfigsAsync(sbyte type, string name, string what, Func<ValueTask<BrokerConnection>> whom, CancellationToken cancellation) => PersistAsync<IReadOnlyList<ConfigEntry>>(async () =>
    {
        var broker = await whom().ConfigureAwait(false);
        var answer = await broker.AskAsync<DescribeConfigsRequest, DescribeConfigsResponse>(new()
        {
            Resources = [new() { ResourceType = type, ResourceName = name, ConfigurationKeys = null }],
        }, cancellation).ConfigureAwait(false);
        var result = answer.Results is [var only] ? only : new() { ErrorCode = ErrorCode.UnknownServerError };
        Check(result.ErrorCode, what, result.ErrorMessage);
        return [.. result.Configs.Select(c => new ConfigEntry(c.Name, c.Value, (ConfigOrigin)c.ConfigSource, c.ReadOnly, c.IsSensitive)).OrderBy(c => c.Name, StringComparer.Ordinal)];
    }, cancellation);

    async ValueTask AlterConfigsAsync(sbyte type, string name, IEnumerable<ConfigChange> changes, string what, Func<ValueTask<BrokerConnection>> whom, CancellationToken cancellation)
    {
        var all = changes.ToList();
        // Asked twice, this changes nothing more: a lost answer may be asked for again.
        await PersistAsync(async () =>
        {
            var broker = await whom().ConfigureAwait(false);
            if (!broker.Versions.Knows(ApiKey.IncrementalAlterConfigs)) return await ReplaceConfigsAsync(broker, type, name, all, what, cancellation).ConfigureAwait(false);
            var answer = await broker.AskAsync<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(new()
            {
                Resources = [new() { ResourceType = type, ResourceName = name, Configs = all.ConvertAll(c => new IncrementalAlterConfigsRequest.AlterConfigsResource.AlterableConfig { Name = c.Name, ConfigOperation = c.Operation, Value = c.Value }) }],
            }, cancellation).ConfigureAwait(false);
            if (answer.Responses is [var result]) Check(result.ErrorCode, what, result.ErrorMessage);
            return true;
        }, cancellation).ConfigureAwait(false);
    }

    // Brokers before version 2.3 take only all that is set at once: who changes something meanwhile is overwritten.
    async ValueTask<bool> ReplaceConfigsAsync(BrokerConnection broker, sbyte type, string name, List<ConfigChange> changes, string what, CancellationToken cancellation)
    {
        var now = await DescribeConfigsAsync(type, name, what, () => new(broker), cancellation).ConfigureAwait(false);
        var own = now.Where(c => c.Origin == (type == TopicResource ? ConfigOrigin.Topic : name.Length > 0 ? ConfigOrigin.Broker : ConfigOrigin.AllBrokers)).ToList();
        if (own.Find(c => c.IsSecret && changes.TrueForAll(change => change.Name != c.Name)) is { } secret)
            throw new KafkaException(ErrorCode.UnsupportedVersion, $"{what}: brokers before version 2.3 would forget the secret '{secret.Name}'. Set it in the same change, or use newer brokers.");
        var values = own.ToDictionary(c => c.Name, c => c.Value);
        foreach (var change in changes)
            if (change.Apply(now.FirstOrDefault(c => c.Name == change.Name)?.Value) is { } value) values[change.Name] = value;
            else values.Remove(change.Name);
        var answer = await broker.AskAsync<AlterConfigsRequest, AlterConfigsResponse>(new()
        {
            Resources = [new() { ResourceType = type, ResourceName = name, Configs = [.. values.Select(v => new AlterConfigsRequest.AlterConfigsResource.AlterableConfig { Name = v.Key, Value = v.Value })] }],
        }, cancellation).ConfigureAwait(false);
        if (answer.Responses is [var result]) Check(result.ErrorCode, what, result.ErrorMessage);
        return true;
    }
}
