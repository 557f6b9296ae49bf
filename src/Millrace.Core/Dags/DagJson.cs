using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Millrace.Dags;

/// <summary>A spec as JSON. The text of a given spec never varies, so that its hash can name the version.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(DagSpec))]
sealed partial class DagJson : JsonSerializerContext
{
    // The generated reader takes an init-only property that is missing as default(T), not as its initialiser: a spec
    // kept since before a setting existed would read as one with zeros and nulls. Reflection leaves initialisers alone.
    static readonly JsonSerializerOptions reading = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new TriggerRuleNames(), new JsonStringEnumConverter() },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    internal static string Write(DagSpec spec) => JsonSerializer.Serialize(spec, Default.DagSpec);

    internal static DagSpec Read(string json) =>
        JsonSerializer.Deserialize<DagSpec>(json, reading) ?? throw new JsonException("The spec of a Dag is null.");

    internal static string Hash(DagSpec spec) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(spec, Default.DagSpec)));
}

sealed class TriggerRuleNames() : JsonStringEnumConverter<TriggerRule>(JsonNamingPolicy.SnakeCaseLower);
