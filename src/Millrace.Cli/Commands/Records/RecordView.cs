using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Cli.Commands;

/// <summary>A record in JSON: 'consume --json' writes it, 'produce --json' reads it.</summary>
/// <param name="Key">Text, or null for none; what isn't UTF-8 is written in base 64 and said so.</param>
sealed record RecordView(string? Topic, int? Partition, long? Offset, DateTimeOffset? Timestamp, JsonElement? Key, JsonElement? Value, IReadOnlyList<HeaderView>? Headers, string? Encoding);

sealed record HeaderView(string Name, string? Value);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RecordView))]
[JsonSerializable(typeof(string))]
sealed partial class RecordViews : JsonSerializerContext
{
    /// <summary>With quotes and letters as they are: it is read by people, and never part of a page.</summary>
    internal static RecordViews Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
