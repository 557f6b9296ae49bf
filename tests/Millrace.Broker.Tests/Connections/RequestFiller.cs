using System.Collections;
using System.Reflection;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Connections;

/// <summary>Makes requests that name things which are there, with all that their version can say.</summary>
sealed class RequestFiller(Guid topicId, string group, long producerId, short producerEpoch)
{
    internal const string Topic = "t", Transaction = "x";

    // Empty when they are to be given by the broker, or would ask it to place replicas.
    static readonly HashSet<string> Left = ["MemberId", "GroupInstanceId", "ServerAssignor", "SubscribedTopicRegex", "RackId", "ClusterId", "Assignments", "TopicPartitions", "Cursor", "ReplicaState", "ForgottenTopicsData", "TransactionalIdPattern", "Rack"];

    /// <summary>Sets all but the fields that the version can't say.</summary>
    internal T Fill<T>(short version) where T : IMessage<T>, new()
    {
        HashSet<string> unsaid = [];
        while (true)
        {
            var request = new T();
            Fill(request, unsaid);
            try
            {
                using var writer = new WireWriter();
                request.Write(writer, version);
                return request;
            }
            catch (WireException wrong) when (wrong.Message.StartsWith('\'') && unsaid.Add(wrong.Message.Split('\'')[1]))
            {
                // Filled again without it.
            }
        }
    }

    void Fill(object part, HashSet<string> unsaid)
    {
        foreach (var property in part.GetType().GetProperties(BindingFlags.Instance | BindingFlags.NonPublic))
        {
            if ((Left.Contains(property.Name) && part is not ElectLeadersRequest) || unsaid.Contains(property.Name)) continue;
            if (Value(part, property, unsaid) is { } value) property.SetValue(part, value);
        }
    }

    object? Value(object owner, PropertyInfo property, HashSet<string> unsaid)
    {
        var type = property.PropertyType;
        if (type == typeof(string)) return Text(owner, property.Name);
        if (type == typeof(Guid)) return property.Name == "TopicId" ? topicId : null;
        if (type == typeof(byte[])) return property.Name == "AuthBytes" ? "\0ann\0secret"u8.ToArray() : new byte[] { 1, 2, 3 };
        if (type == typeof(ReadOnlyMemory<byte>?)) return (ReadOnlyMemory<byte>)Wire.Batch(["filled"]);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>)) return Items(owner, property.Name, type, unsaid);
        return Number(owner, property.Name) is { } number ? Convert.ChangeType(number, type, System.Globalization.CultureInfo.InvariantCulture) : null;
    }

    IList Items(object owner, string name, Type type, HashSet<string> unsaid)
    {
        var items = (IList)Activator.CreateInstance(type)!;
        var item = type.GenericTypeArguments[0];
        if (name is "StatesFilter" or "TypesFilter" or "StateFilters" or "ProducerIdFilters" or "ResourceTypes") return items;
        if (item == typeof(string)) items.Add(Text(owner, name));
        else if (item.IsPrimitive) items.Add(Activator.CreateInstance(item));
        else
        {
            var part = Activator.CreateInstance(item)!;
            Fill(part, unsaid);
            items.Add(part);
        }
        return items;
    }

    string? Text(object owner, string name) => (owner.GetType().Name, name) switch
    {
        (_, "GroupId" or "Groups" or "GroupsNames" or "CoordinatorKeys") => group,
        ("FindCoordinatorRequest", "Key") => group,
        (_, "TransactionalId" or "V3AndBelowTransactionalId" or "TransactionalIds") => owner is ProduceRequest ? null : Transaction,
        ({ } part, "Name" or "ConfigurationKeys") when part.Contains("Config", StringComparison.Ordinal) => "retention.ms",
        ({ } part, "Value") when part.Contains("Config", StringComparison.Ordinal) => "100000",
        ({ } part, "Name") when part.Contains("Scram", StringComparison.Ordinal) || part == "UserName" => "eve",
        (_, "ProtocolType") => "consumer",
        (_, "Mechanism") => "PLAIN",
        (_, "Principal" or "PrincipalFilter") => "User:eve",
        (_, "Host" or "HostFilter") => "*",
        (_, "EntityType") => "user",
        ("OpData", "Key") => "producer_byte_rate",
        _ => Topic,
    };

    object? Number(object owner, string name) => (owner.GetType().Name, name) switch
    {
        (_, "ProducerId" or "V3AndBelowProducerId") when owner is not InitProducerIdRequest => producerId,
        (_, "ProducerEpoch" or "V3AndBelowProducerEpoch") when owner is not InitProducerIdRequest => producerEpoch,
        (_, "SessionTimeoutMs" or "RebalanceTimeoutMs" or "TimeoutMs" or "TransactionTimeoutMs") => 10_000,
        (_, "PartitionMaxBytes" or "MaxBytes") => 1 << 20,
        (_, "NumPartitions" or "ReplicationFactor" or "MaxNumOffsets") => 1,
        ("CreatePartitionsTopic", "Count") => 3,
        (_, "Timestamp" or "Acks") => -1,
        (_, "ResourceType" or "ResourceTypeFilter") => 2,
        (_, "ResourcePatternType" or "PatternTypeFilter" or "Operation" or "PermissionType") => 3,
        (_, "Mechanism") => 1,
        (_, "Iterations") => 4096,
        (_, "Value") => 1_000_000,
        ({ } part, "ConfigOperation") when part.Contains("Config", StringComparison.Ordinal) => 0,
        (_, { } flag) when flag.StartsWith("Include", StringComparison.Ordinal) && flag != "IncludeFencedBrokers" => true,
        _ => null,
    };
}
