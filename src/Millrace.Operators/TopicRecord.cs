namespace Millrace.Operators;

/// <summary>A record of a topic, as tasks hand it on and as frames have it for a row.</summary>
/// <param name="Offset">Its place in the partition: topic, partition and offset name a record for ever.</param>
/// <param name="Key">Null where it has none.</param>
/// <param name="Value">Null, or the type's default, where it has none.</param>
public sealed record TopicRecord<T>(string Topic, int Partition, long Offset, DateTimeOffset Timestamp, string? Key, T Value);
