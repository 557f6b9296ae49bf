using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Dags;

/// <summary>A spec as JSON. The text of a given spec never varies, so that its hash can name the version.</summary>
// Everything but nulls is written, defaults too: the generated reader takes a missing init-only property as
// default(T), not as its initialiser.
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(DagSpec))]
sealed partial class DagJson : JsonSerializerContext
{
    internal static string Write(DagSpec spec) => JsonSerializer.Serialize(spec, Default.DagSpec);

    internal static DagSpec Read(string json) =>
        JsonSerializer.Deserialize(json, Default.DagSpec) ?? throw new JsonException("The spec of a Dag is null.");

    internal static string Hash(DagSpec spec) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(spec, Default.DagSpec)));
}

sealed class TriggerRuleNames() : JsonStringEnumConverter<TriggerRule>(JsonNamingPolicy.SnakeCaseLower);
