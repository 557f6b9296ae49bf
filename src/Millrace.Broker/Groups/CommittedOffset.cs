using Millrace.Kafka.Wire;

namespace Millrace.Broker.Groups;

/// <summary>How far a group has come in a partition.</summary>
/// <param name="At">When it was committed.</param>
readonly record struct CommittedOffset(long Offset, int LeaderEpoch, string Metadata, long At)
{
    /// <summary>Stands for a first offset that isn't safe yet. Clients may commit -1 and -2.</summary>
    const long None = long.MinValue;

    internal bool IsAwaited => Offset == None;

    internal CommittedOffset Awaited => this with { Offset = None };

    /// <summary>A key that no other group and partition has: the name of a topic has no blank, that of a group may.</summary>
    internal static string Key(string group, TopicPartition of) => $"{of.Topic} {of.Partition} {group}";

    /// <summary>What is remembered: | group | topic | partition | offset | leader epoch | metadata | time |</summary>
    internal byte[] Write(string group, TopicPartition of)
    {
        using var writer = new WireWriter { Flexible = true };
        writer.String(group);
        writer.String(of.Topic);
        writer.Int32(of.Partition);
        writer.Int64(Offset);
        writer.Int32(LeaderEpoch);
        writer.String(Metadata);
        writer.Int64(At);
        return writer.Written.ToArray();
    }

    internal static (string Group, TopicPartition Of, CommittedOffset Offset) Read(byte[] bytes)
    {
        var reader = new WireReader(bytes) { Flexible = true };
        return (reader.String(), new(reader.String(), reader.Int32()), new(reader.Int64(), reader.Int32(), reader.String(), reader.Int64()));
    }
}
