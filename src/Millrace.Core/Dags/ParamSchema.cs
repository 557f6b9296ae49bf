using System.Text.Json.Nodes;

namespace Millrace.Dags;

/// <summary>The JSON schema (draft 2020-12) of what a Dag may be triggered with.</summary>
static class ParamSchema
{
    internal static string Of(DagSpec dag)
    {
        var properties = new JsonObject();
        foreach (var param in dag.Params) properties[param.Name] = Of(param);
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = dag.Name,
            ["type"] = "object",
            ["properties"] = properties,
            ["additionalProperties"] = false,
        };
        if (dag.Params.Any(p => p.Default is null))
            schema["required"] = new JsonArray([.. dag.Params.Where(p => p.Default is null).Select(p => JsonValue.Create(p.Name))]);
        return schema.ToJsonString();
    }

    static JsonObject Of(ParamSpec param)
    {
        var schema = new JsonObject();
        var type = param.Type switch
        {
            ParamType.Integer => "integer",
            ParamType.Number => "number",
            ParamType.Boolean => "boolean",
            ParamType.Json => null,
            _ => "string",
        };
        if (type is not null) schema["type"] = param.Default == "null" ? new JsonArray(type, "null") : type;
        if (param.Type == ParamType.Date) schema["format"] = "date";
        if (param.Type == ParamType.DateTime) schema["format"] = "date-time";
        if (param.Type == ParamType.Choice)
        {
            var choices = new JsonArray([.. param.Choices.Select(c => JsonValue.Create(c))]);
            if (param.Default == "null") choices.Add(null);
            schema["enum"] = choices;
        }
        if (param.Description is not null) schema["description"] = param.Description;
        if (param.Minimum is { } minimum) schema["minimum"] = minimum;
        if (param.Maximum is { } maximum) schema["maximum"] = maximum;
        if (param.MinLength is { } minLength) schema["minLength"] = minLength;
        if (param.MaxLength is { } maxLength) schema["maxLength"] = maxLength;
        if (param.Pattern is not null) schema["pattern"] = param.Pattern;
        if (param.Default is not null) schema["default"] = JsonNode.Parse(param.Default);
        return schema;
    }
}
