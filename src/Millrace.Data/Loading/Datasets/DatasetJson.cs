using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Millrace.Data;

/// <summary>A dataset in JSON is where it lies and which version is meant: <c>{"path": "/data/stats", "version": 7}</c>.</summary>
sealed class DatasetJson : JsonConverter<Dataset>
{
    public override Dataset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Dataset.Open(JsonNode.Parse(ref reader)!.AsObject());

    public override void Write(Utf8JsonWriter writer, Dataset value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("path", value.Folder);
        if (value.Version > 0) writer.WriteNumber("version", value.Version);
        writer.WriteEndObject();
    }
}
