using System.Text.Json.Nodes;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Few rows of memory, written out in the description of their source, so that a plan over them can be sent on.</summary>
static class InlineRows
{
    internal const string Kind = "memory";

    /// <summary>More rows than these belong into a dataset and not into a plan.</summary>
    internal const int Most = 1_000;

    internal static JsonObject Describe(Schema schema, IEnumerable<object?[]> rows) => new()
    {
        ["columns"] = new JsonObject(schema.Select(f => KeyValuePair.Create(f.Name, (JsonNode?)f.TypeText))),
        ["rows"] = new JsonArray([.. rows.Select(r => new JsonArray([.. r.Select((v, i) => JsonLiteral.Write(v, schema[i].Type))]))]),
    };

    internal static ISource Open(JsonObject description)
    {
        var schema = new Schema(description["columns"]!.AsObject().Select(c => FieldOf(c.Key, c.Value!.GetValue<string>())));
        var builder = new BatchBuilder(schema);
        foreach (var row in description["rows"]!.AsArray())
            builder.Add([.. row!.AsArray().Select((v, i) => v is null ? null : JsonLiteral.Read(v, schema[i].Type))]);
        return new TableSource(new Table(schema, [builder.Build()]));
    }

    static Field FieldOf(string name, string type) =>
        type.EndsWith('?') ? new Field(name, DataType.Parse(type[..^1])) : new Field(name, DataType.Parse(type), Nullable: false);
}
