using System.Collections;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Millrace.Plans;

/// <summary>Constants in JSON: docs/formats.md has the table of how each type is spelt.</summary>
static class JsonLiteral
{
    const string TimestampForm = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", TimeForm = "HH:mm:ss.FFFFFFF";

    internal static JsonNode? Write(object? value, DataType type) => (type, value) switch
    {
        (_, null) => null,
        (ListType list, IEnumerable items) => new JsonArray([.. items.Cast<object?>().Select(i => Write(i, list.Item.Type))]),
        (StructType made, IReadOnlyDictionary<string, object?> fields) =>
            new JsonObject(made.Fields.Select(f => KeyValuePair.Create(f.Name, Write(fields.GetValueOrDefault(f.Name), f.Type)))),
        (MapType map, IDictionary entries) =>
            new JsonArray([.. entries.Keys.Cast<object>().Select(k => new JsonArray(Write(k, map.Key.Type), Write(entries[k], map.Value.Type)))]),
        (_, bool b) => b,
        (_, float or double) => Real(value, type),
        (_, sbyte or byte or short or ushort or int or uint or long) => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        (_, ulong or decimal or Int128) => Convert.ToString(value, CultureInfo.InvariantCulture),
        (_, string or char) => value.ToString(),
        (_, byte[] bytes) => Convert.ToBase64String(bytes),
        (_, DateOnly d) => d.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        (_, TimeOnly t) => t.ToString(TimeForm, CultureInfo.InvariantCulture),
        (_, DateTime t) => t.ToString(TimestampForm, CultureInfo.InvariantCulture),
        (_, DateTimeOffset t) => t.UtcDateTime.ToString(TimestampForm + "'Z'", CultureInfo.InvariantCulture),
        (_, TimeSpan span) => span.ToString("c", CultureInfo.InvariantCulture),
        (_, Guid id) => id.ToString(),
        (_, System.Enum named) => named.ToString(),
        _ => throw new PlanException($"{ClrValue.Display(value)} ({value.GetType().Name}) is a constant of {type} in this plan, and JSON has no spelling for it."),
    };

    // JSON has no word for what isn't finite.
    static JsonNode Real(object value, DataType type)
    {
        var real = Convert.ToDouble(value, CultureInfo.InvariantCulture);
        if (!double.IsFinite(real)) return real.ToString(CultureInfo.InvariantCulture);
        return type.Kind == TypeKind.Float32 ? (JsonNode)(float)value : real;
    }

    /// <summary>The constant; null is read before.</summary>
    /// <exception cref="FormatException">It isn't one of that type.</exception>
    internal static object Read(JsonNode node, DataType type)
    {
        try
        {
            return type switch
            {
                ListType list => node.AsArray().Select(i => i is null ? null : Read(i, list.Item.Type)).ToList(),
                StructType made => made.Fields.ToDictionary(f => f.Name, f => node.AsObject()[f.Name] is { } child ? Read(child, f.Type) : null),
                MapType map => node.AsArray().ToDictionary(e => Read(e!.AsArray()[0]!, map.Key.Type), e => e!.AsArray()[1] is { } held ? Read(held, map.Value.Type) : null),
                _ => Simple(node, type.Kind),
            };
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or OverflowException or ArgumentException or JsonException)
        {
            throw new FormatException($"{node.ToJsonString()} isn't a value of {type}.", e);
        }
    }

    static object Simple(JsonNode node, TypeKind kind) => kind switch
    {
        TypeKind.Boolean => node.GetValue<bool>(),
        TypeKind.Int16 => node.GetValue<short>(),
        TypeKind.Int32 => node.GetValue<int>(),
        TypeKind.Int64 => node.GetValue<long>(),
        TypeKind.Float32 => node.GetValueKind() == JsonValueKind.String ? float.Parse(Text(node), CultureInfo.InvariantCulture) : node.GetValue<float>(),
        TypeKind.Float64 => node.GetValueKind() == JsonValueKind.String ? double.Parse(Text(node), CultureInfo.InvariantCulture) : node.GetValue<double>(),
        TypeKind.Decimal => decimal.Parse(node.GetValueKind() == JsonValueKind.String ? Text(node) : node.ToJsonString(), NumberStyles.Number, CultureInfo.InvariantCulture),
        TypeKind.Text or TypeKind.Enum => Text(node),
        TypeKind.Binary => Convert.FromBase64String(Text(node)),
        TypeKind.Date => DateOnly.ParseExact(Text(node), "yyyy-MM-dd", CultureInfo.InvariantCulture),
        TypeKind.Time => TimeOnly.ParseExact(Text(node), TimeForm, CultureInfo.InvariantCulture),
        TypeKind.Timestamp => DateTime.ParseExact(Text(node), TimestampForm, CultureInfo.InvariantCulture, DateTimeStyles.None),
        TypeKind.Instant => new DateTimeOffset(DateTime.ParseExact(Text(node), TimestampForm + "'Z'", CultureInfo.InvariantCulture, DateTimeStyles.None), TimeSpan.Zero),
        TypeKind.Duration => TimeSpan.ParseExact(Text(node), "c", CultureInfo.InvariantCulture),
        TypeKind.Uuid => Guid.Parse(Text(node)),
        _ => throw new FormatException($"There are no constants of {kind}."),
    };

    static string Text(JsonNode node) => node.GetValue<string>();
}
