using System.Text.Json;
using System.Text.Json.Serialization;
using Millrace.Kafka;

namespace Millrace.Cli.Output;

// What --json prints of a Kafka cluster: these names are a promise to scripts.

sealed record TopicView(string Name, Guid Id, bool Internal, int ReplicationFactor, IReadOnlyList<PartitionView> Partitions)
{
    internal static TopicView Of(TopicDescription topic) => new(topic.Name, topic.Id, topic.IsInternal, topic.Partitions.Count == 0 ? 0 : topic.Partitions.Max(p => p.Replicas.Count),
        [.. topic.Partitions.Select(p => new PartitionView(p.Partition, p.Leader, p.Replicas, p.InSync))]);

    /// <summary>What is wrong with it, if anything is.</summary>
    [JsonIgnore]
    internal string? Note =>
        Partitions.Count(p => p.Leader is null) is > 0 and var headless ? $"{Text.Count(headless, "partition")} without a leader"
        : Partitions.Count(p => p.InSync.Count < p.Replicas.Count) is > 0 and var behind ? $"{Text.Count(behind, "partition")} with copies that are behind"
        : null;
}

sealed record PartitionView(int Partition, int? Leader, IReadOnlyList<int> Replicas, IReadOnlyList<int> InSync);

sealed record OffsetsView(int Partition, long? First, long? End);

sealed record TopicDetailsView(TopicView Topic, IReadOnlyList<OffsetsView> Offsets, IReadOnlyDictionary<string, string> Settings);

sealed record AlteredView(IReadOnlyList<string> Altered);

sealed record DeletedManyView(IReadOnlyList<string> Deleted);

sealed record GroupView(string Id, string Kind, string State, string ProtocolType)
{
    internal static GroupView Of(GroupListing group) => new(group.Id, KafkaNames.Of(group.Kind), KafkaNames.Of(group.State), group.ProtocolType);
}

sealed record GroupOffsetView(string Topic, int Partition, long? Committed, long? End, long? Lag, string? Member);

sealed record MemberView(string Id, string? InstanceId, string ClientId, string Host, int Partitions)
{
    internal static MemberView Of(GroupMember member) => new(member.Id, member.InstanceId, member.ClientId, member.Host, member.Assignment.Count);
}

sealed record GroupDetailsView(string Id, string Kind, string State, string Assignor, IReadOnlyList<GroupOffsetView> Offsets, IReadOnlyList<MemberView> Members);

sealed record OffsetResetView(string Topic, int Partition, long? From, long To);

sealed record GroupResetView(string Group, bool DryRun, IReadOnlyList<OffsetResetView> Offsets);

sealed record AclView(string Principal, string Permission, string Operation, string Resource, string Name, string Pattern, string Host)
{
    internal static AclView Of(Acl acl) => new(acl.Principal, KafkaNames.Of(acl.Permission), KafkaNames.Of(acl.Operation), KafkaNames.Of(acl.Resource), acl.Name, KafkaNames.Of(acl.Pattern), acl.Host);
}

sealed record ConfigEntryView(string Name, string? Value, string Origin, bool ReadOnly, bool Secret)
{
    internal static ConfigEntryView Of(ConfigEntry entry) => new(entry.Name, entry.Value, KafkaNames.Of(entry.Origin), entry.IsReadOnly, entry.IsSecret);
}

/// <summary>Kafka's words as they are typed and shown: <c>preparing-rebalance</c>.</summary>
static class KafkaNames
{
    internal static string Of<TEnum>(TEnum value) where TEnum : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    /// <summary>Takes <c>describe-configs</c>, <c>DescribeConfigs</c> and <c>DESCRIBE_CONFIGS</c> alike.</summary>
    internal static TEnum Read<TEnum>(string option, string text) where TEnum : struct, Enum
    {
        var plain = text.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
        foreach (var value in Enum.GetValues<TEnum>())
            if (value.ToString().Equals(plain, StringComparison.OrdinalIgnoreCase)) return value;
        throw new UserErrorException($"{option} is '{text}'. Give {string.Join(", ", Enum.GetValues<TEnum>().Select(Of))}.");
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<TopicView>))]
[JsonSerializable(typeof(IReadOnlyList<TopicDetailsView>))]
[JsonSerializable(typeof(AlteredView))]
[JsonSerializable(typeof(DeletedManyView))]
[JsonSerializable(typeof(IReadOnlyList<GroupView>))]
[JsonSerializable(typeof(GroupDetailsView))]
[JsonSerializable(typeof(GroupResetView))]
[JsonSerializable(typeof(IReadOnlyList<AclView>))]
[JsonSerializable(typeof(IReadOnlyList<ConfigEntryView>))]
sealed partial class KafkaViews : JsonSerializerContext;
