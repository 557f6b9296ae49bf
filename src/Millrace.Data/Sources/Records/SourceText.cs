using System.Text.Json.Nodes;

namespace Millrace.Data;

/// <summary>What the descriptions of sources of files have alike: <c>{"paths": ["a.json"], "columns": {"id": "int64", "name": "text?"}, "bad": "reject"}</c>.</summary>
static class SourceText
{
    /// <summary>Whole paths, since another process may stand in another folder.</summary>
    internal static JsonObject Of(IEnumerable<string> paths) => new() { ["paths"] = new JsonArray([.. paths.Select(p => JsonValue.Create(Path.GetFullPath(p)))]) };

    internal static IReadOnlyList<string> Paths(JsonObject description) => [.. description["paths"]!.AsArray().Select(p => p!.GetValue<string>())];

    internal static Schema? Columns(JsonObject description) => description["columns"] is not JsonObject columns ? null : new Schema(columns.Select(c =>
    {
        var type = c.Value!.GetValue<string>();
        return type.EndsWith('?') ? new Field(c.Key, DataType.Parse(type[..^1])) : new Field(c.Key, DataType.Parse(type), Nullable: false);
    }));

    internal static Bad? BadRows(JsonObject description) =>
        description["bad"] is { } bad ? Enum.Parse<Bad>(bad.GetValue<string>(), ignoreCase: true) : null;

    internal static void Describe(JsonObject description, Schema? columns, Bad? bad)
    {
        if (columns is not null) description["columns"] = new JsonObject(columns.Select(f => KeyValuePair.Create<string, JsonNode?>(f.Name, JsonValue.Create(f.TypeText))));
        if (bad is { } told) description["bad"] = told.ToString().ToLowerInvariant();
    }
}
