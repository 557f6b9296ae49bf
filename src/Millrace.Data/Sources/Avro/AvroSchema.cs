using System.Text.Json;

namespace Millrace.Data;

enum AvroKind { Null, Boolean, Int, Long, Float, Double, Bytes, String, Fixed, Enum, Array, Map, Record }

/// <summary>A type as an Avro file writes it: how its bytes lie, and the column type that holds them.</summary>
sealed record AvroType(AvroKind Kind, DataType Type)
{
    /// <summary>Of a fixed type.</summary>
    internal int Size { get; init; }

    /// <summary>The fields of a record; the item of an array or the value of a map.</summary>
    internal IReadOnlyList<AvroField> Fields { get; init; } = [];

    /// <summary>The names of an enum, as UTF-8.</summary>
    internal IReadOnlyList<byte[]> Names { get; init; } = [];

    /// <summary>What the stored number is multiplied with, or divided by where it is negative, to give microseconds.</summary>
    internal int Scale { get; init; } = 1;
}

/// <param name="Null">Where null stands in the union of null and the type: 0 or 1; -1 where it isn't a union.</param>
/// <param name="Tagged">Whether a branch number stands before each value.</param>
sealed record AvroField(string Name, AvroType Type, int Null, bool Tagged)
{
    internal Field Field => new(Name, Type.Type, Null >= 0);
}

/// <summary>Reads the schema that an Avro file carries.</summary>
sealed class AvroSchemaReader(string file)
{
    const int Deepest = 64;

    readonly Dictionary<string, AvroType?> named = new(StringComparer.Ordinal);
    int depth;

    internal AvroType Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = Of(document.RootElement, "", "");
            return root.Kind == AvroKind.Record ? root : new AvroType(AvroKind.Record, DataType.Struct(new Field("value", root.Type, Nullable: false))) { Fields = [new AvroField("value", root, -1, false)] };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or ArgumentOutOfRangeException or ArgumentException)
        {
            throw new BadDataException($"'{file}' has no Avro schema that can be read: {e.Message}", file, inner: e);
        }
    }

    AvroField FieldOf(string name, JsonElement type, string path, string space)
    {
        if (type.ValueKind != JsonValueKind.Array)
        {
            var single = Of(type, path, space);
            return single.Kind == AvroKind.Null ? new AvroField(name, single, 0, Tagged: false) : new AvroField(name, single, -1, Tagged: false);
        }
        var branches = type.EnumerateArray().ToList();
        var isNull = branches.FindIndex(b => b.ValueKind == JsonValueKind.String && b.GetString() == "null");
        if (branches.Count == 1) return isNull == 0 ? new AvroField(name, new AvroType(AvroKind.Null, DataType.Null), 0, Tagged: true) : new AvroField(name, Of(branches[0], path, space), -1, Tagged: true);
        if (branches.Count == 2 && isNull >= 0) return new AvroField(name, Of(branches[1 - isNull], path, space), isNull, Tagged: true);
        throw new BadDataException($"'{path}' in '{file}' is a union of several types, and a column has one. Only unions of null and a type are read.", file, column: path);
    }

    AvroType Of(JsonElement type, string path, string space)
    {
        if (++depth > Deepest) throw new BadDataException($"The schema of '{file}' is nested deeper than {Deepest} types.", file);
        try
        {
            return type.ValueKind switch
            {
                JsonValueKind.String => Named(type.GetString()!, path, space),
                JsonValueKind.Object => Complex(type, path, space),
                JsonValueKind.Array => throw new BadDataException($"'{path}' in '{file}' is a union where none can be a column.", file, column: path),
                _ => throw new BadDataException($"The schema of '{file}' has {type.GetRawText()} where a type should be.", file),
            };
        }
        finally
        {
            depth--;
        }
    }

    AvroType Named(string name, string path, string space)
    {
        if (Primitive(name) is { } primitive) return primitive;
        if (!named.TryGetValue(Full(name, space), out var found) && !named.TryGetValue(name, out found))
            throw new BadDataException($"'{path}' in '{file}' is of type '{name}', which its schema doesn't define.", file, column: path);
        return found ?? throw new BadDataException($"'{path}' in '{file}' is of type '{name}', which contains itself. Columns have an end.", file, column: path);
    }

    static AvroType? Primitive(string name) => name switch
    {
        "null" => new(AvroKind.Null, DataType.Null),
        "boolean" => new(AvroKind.Boolean, DataType.Boolean),
        "int" => new(AvroKind.Int, DataType.Int32),
        "long" => new(AvroKind.Long, DataType.Int64),
        "float" => new(AvroKind.Float, DataType.Float32),
        "double" => new(AvroKind.Double, DataType.Float64),
        "bytes" => new(AvroKind.Bytes, DataType.Binary),
        "string" => new(AvroKind.String, DataType.Text),
        _ => null,
    };

    AvroType Complex(JsonElement type, string path, string space)
    {
        var kind = type.GetProperty("type");
        // {"type": {"type": "string"}} is a string, and so is {"type": ["null", ...]} a union: seen in the wild.
        if (kind.ValueKind != JsonValueKind.String) return Of(kind, path, space);
        switch (kind.GetString())
        {
            case "array":
                var item = FieldOf("item", type.GetProperty("items"), $"{path}[]", space);
                return new AvroType(AvroKind.Array, DataType.List(item.Type.Type, item.Null >= 0)) { Fields = [item] };
            case "map":
                var value = FieldOf("value", type.GetProperty("values"), $"{path}.value", space);
                return new AvroType(AvroKind.Map, DataType.Map(DataType.Text, value.Type.Type, value.Null >= 0)) { Fields = [value] };
            case "enum":
                var names = type.GetProperty("symbols").EnumerateArray().Select(s => s.GetString()!).ToList();
                return Define(type, space, new AvroType(AvroKind.Enum, DataType.Enum(names)) { Names = [.. names.Select(System.Text.Encoding.UTF8.GetBytes)] });
            case "fixed":
                var size = type.GetProperty("size").GetInt32();
                if (size < 0) throw new FormatException($"a fixed type has {size} bytes.");
                return Define(type, space, Logical(type, new AvroType(AvroKind.Fixed, DataType.Binary) { Size = size }));
            case "record" or "error":
                var full = FullNameOf(type, space);
                named[full] = null;
                var inner = full.LastIndexOf('.') is > 0 and var dot ? full[..dot] : "";
                var fields = type.GetProperty("fields").EnumerateArray()
                    .Select(f => (Name: f.GetProperty("name").GetString()!, Type: f.GetProperty("type")))
                    .Select(f => FieldOf(f.Name, f.Type, path.Length == 0 ? f.Name : $"{path}.{f.Name}", inner)).ToList();
                return named[full] = new AvroType(AvroKind.Record, DataType.Struct(fields.Select(f => f.Field))) { Fields = fields };
            case var name:
                return Logical(type, Named(name!, path, space));
        }
    }

    AvroType Define(JsonElement type, string space, AvroType made)
    {
        named[FullNameOf(type, space)] = made;
        return made;
    }

    static string FullNameOf(JsonElement type, string space) =>
        Full(type.GetProperty("name").GetString()!, type.TryGetProperty("namespace", out var own) && own.ValueKind == JsonValueKind.String ? own.GetString()! : space);

    static string Full(string name, string space) => space.Length == 0 || name.Contains('.', StringComparison.Ordinal) ? name : $"{space}.{name}";

    // A logical type that isn't known, or stands on a wrong type, is to be passed over: so the specification.
    static AvroType Logical(JsonElement type, AvroType made)
    {
        if (!type.TryGetProperty("logicalType", out var logical) || logical.ValueKind != JsonValueKind.String) return made;
        switch (logical.GetString(), made.Kind)
        {
            case ("decimal", AvroKind.Bytes or AvroKind.Fixed):
                var scale = type.TryGetProperty("scale", out var s) ? s.GetInt32() : 0;
                return made with { Type = DataType.Decimal(type.GetProperty("precision").GetInt32(), scale) };
            case ("uuid", AvroKind.String):
            case ("uuid", AvroKind.Fixed) when made.Size == 16:
                return made with { Type = DataType.Uuid };
            case ("duration", AvroKind.Fixed) when made.Size == 12:
                return made with { Type = DataType.Duration };
            case ("date", AvroKind.Int):
                return made with { Type = DataType.Date };
            case ("time-millis", AvroKind.Int):
                return made with { Type = DataType.Time, Scale = 1_000 };
            case ("time-micros", AvroKind.Long):
                return made with { Type = DataType.Time };
            case ("timestamp-millis", AvroKind.Long):
                return made with { Type = DataType.Instant, Scale = 1_000 };
            case ("timestamp-micros", AvroKind.Long):
                return made with { Type = DataType.Instant };
            case ("timestamp-nanos", AvroKind.Long):
                return made with { Type = DataType.Instant, Scale = -1_000 };
            case ("local-timestamp-millis", AvroKind.Long):
                return made with { Type = DataType.Timestamp, Scale = 1_000 };
            case ("local-timestamp-micros", AvroKind.Long):
                return made with { Type = DataType.Timestamp };
            case ("local-timestamp-nanos", AvroKind.Long):
                return made with { Type = DataType.Timestamp, Scale = -1_000 };
            default:
                return made;
        }
    }
}
