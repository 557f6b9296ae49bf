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

    /// <summary>The limits of packed files, as they were described: the default ones where they weren't.</summary>
    internal static InputLimits Limits(JsonObject description)
    {
        var limits = InputLimits.Default;
        if (description["maxRatio"] is { } ratio) limits = limits with { MaxRatio = ratio.GetValue<int>() };
        return description["maxBytes"] is { } bytes ? limits with { MaxBytes = bytes.GetValue<long>() } : limits;
    }

    internal static void Describe(JsonObject description, InputLimits limits)
    {
        if (limits.MaxRatio != InputLimits.Default.MaxRatio) description["maxRatio"] = limits.MaxRatio;
        if (limits.MaxBytes is { } bytes) description["maxBytes"] = bytes;
    }

    /// <summary>A number that isn't the usual one.</summary>
    internal static void Describe(JsonObject description, string name, int value, int usual)
    {
        if (value != usual) description[name] = value;
    }

    internal static int Number(JsonObject description, string name, int usual) => description[name]?.GetValue<int>() ?? usual;

    internal static void Describe(JsonObject description, Schema? columns, Bad? bad)
    {
        if (columns is not null) description["columns"] = new JsonObject(columns.Select(f => KeyValuePair.Create<string, JsonNode?>(f.Name, JsonValue.Create(f.TypeText))));
        if (bad is { } told) description["bad"] = told.ToString().ToLowerInvariant();
    }
}
