using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Runs;

/// <summary>The records that a run is for. They stay where they are: topic, partition and offset name a record for ever.</summary>
/// <param name="Count">How many they are; offsets have gaps.</param>
sealed record RunRecords(string Topic, int Count, IReadOnlyList<RecordSpan> Spans)
{
    internal string ToJson() => JsonSerializer.Serialize(this, RunRecordsJson.Default.RunRecords);

    internal static RunRecords Parse(string json) => JsonSerializer.Deserialize(json, RunRecordsJson.Default.RunRecords)!;

    internal string Describe() => $"{Count} of topic {Topic}: {string.Join(", ", Spans.Select(s => s.End == s.Begin + 1 ? $"{s.Partition}-{s.Begin}" : $"{s.Partition}-{s.Begin} to {s.Partition}-{s.End - 1}"))}";

    public bool Equals(RunRecords? other) => other is not null && Topic == other.Topic && Count == other.Count && Spans.SequenceEqual(other.Spans);

    public override int GetHashCode() => HashCode.Combine(Topic, Count, Spans.Count);
}

/// <param name="Begin">The first offset.</param>
/// <param name="End">The offset behind the last.</param>
readonly record struct RecordSpan(int Partition, long Begin, long End);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RunRecords))]
sealed partial class RunRecordsJson : JsonSerializerContext;
