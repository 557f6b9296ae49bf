using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Millrace.Data;

/// <summary>Adds JSON values to columns, whatever their types.</summary>
/// <param name="strict">
/// Whether members that are in no column are bad: to leave out what wasn't asked for is a wish, to lose what nobody has
/// seen is not.
/// </param>
sealed class JsonColumns(bool strict)
{
    readonly Dictionary<Schema, JsonNames> names = [];
    byte[] scratch = new byte[256];

    /// <summary>Null where the value, which is all read then, was added; otherwise why it can't be.</summary>
    internal Problem? Add(ref Utf8JsonReader reader, ColumnBuilder to, Field field, string path)
    {
        var kind = to.Type.Kind;
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                if (!field.Nullable) return Problem.Missing(path);
                to.AddNull();
                return null;
            case JsonTokenType.String:
                return AddString(ref reader, to, field, path);
            case JsonTokenType.True or JsonTokenType.False when kind == TypeKind.Boolean:
                ((ColumnBuilder<bool>)to).Add(reader.TokenType == JsonTokenType.True);
                return null;
            case JsonTokenType.Number when kind == TypeKind.Int64 && reader.TryGetInt64(out var whole):
                ((ColumnBuilder<long>)to).Add(whole);
                return null;
            case JsonTokenType.Number when field.Type.IsNumeric || kind == TypeKind.Text:
                return TypedText.TryAdd(to, reader.ValueSpan) ? null : Problem.NotOf(field, path, reader.ValueSpan);
            case JsonTokenType.True or JsonTokenType.False when kind == TypeKind.Text:
                ((BytesBuilder)to).Add(reader.ValueSpan);
                return null;
            case JsonTokenType.StartArray when kind == TypeKind.List:
                return AddList(ref reader, (ListBuilder)to, ((ListType)field.Type).Item, path);
            case JsonTokenType.StartObject when kind == TypeKind.Struct:
                return AddStruct(ref reader, (StructBuilder)to, ((StructType)field.Type).Fields, path);
            case JsonTokenType.StartObject when kind == TypeKind.Map:
                return AddMap(ref reader, (ListBuilder)to, (MapType)field.Type, path);
            case JsonTokenType.StartArray or JsonTokenType.StartObject when kind == TypeKind.Text:
                ((BytesBuilder)to).Add(Raw(ref reader).AsSpan());
                return null;
            default:
                return new Problem($"not {field.Type}", path, Problem.Shown(reader.ValueSpan), $"column '{path}' is {Problem.Article(field.Type)}, and {Called(reader.TokenType)} stands there");
        }
    }

    /// <summary>Why the member can't be passed over, if it can't.</summary>
    internal Problem? Unknown(ref Utf8JsonReader reader, string path)
    {
        if (!strict) return null;
        var name = path + reader.GetString();
        return new Problem("unknown member", name, null, $"there is a member '{name}' that no row had before");
    }

    internal static string Called(JsonTokenType token) => token switch
    {
        JsonTokenType.StartArray => "an array",
        JsonTokenType.StartObject => "an object",
        JsonTokenType.Number => "a number",
        JsonTokenType.String => "a text",
        JsonTokenType.Null => "null",
        _ => "true or false",
    };

    Problem? AddString(ref Utf8JsonReader reader, ColumnBuilder to, Field field, string path)
    {
        ReadOnlySpan<byte> text = reader.ValueSpan;
        if (reader.ValueIsEscaped)
        {
            if (scratch.Length < text.Length) scratch = new byte[Math.Max(text.Length, scratch.Length * 2)];
            text = scratch.AsSpan(0, reader.CopyString(scratch));
        }
        if (to.Type.Kind is TypeKind.Boolean || to.Type.IsNested)
            return new Problem($"not {field.Type}", path, Problem.Shown(text), $"column '{path}' is {Problem.Article(field.Type)}, and the text '{Problem.Shown(text, 80)}' stands there");
        if (TypedText.TryAdd(to, text)) return null;
        return Utf8.IsValid(text) ? Problem.NotOf(field, path, text) : new Problem("not UTF-8", path, Problem.Shown(text), $"the text of column '{path}' isn't UTF-8");
    }

    Problem? AddList(ref Utf8JsonReader reader, ListBuilder to, Field item, string path)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (Add(ref reader, to.Items, item, $"{path}[]") is { } problem) return problem;
        }
        to.EndList();
        return null;
    }

    Problem? AddMap(ref Utf8JsonReader reader, ListBuilder to, MapType type, string path)
    {
        var pair = (StructBuilder)to.Items;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var key = Encoding.UTF8.GetBytes(reader.GetString()!);
            if (!TypedText.TryAdd(pair.Fields[0], key)) return Problem.NotOf(type.Key, $"{path}.key", key);
            reader.Read();
            if (Add(ref reader, pair.Fields[1], type.Value, $"{path}.value") is { } problem) return problem;
            pair.EndStruct();
        }
        to.EndList();
        return null;
    }

    Problem? AddStruct(ref Utf8JsonReader reader, StructBuilder to, Schema fields, string path)
    {
        if (!names.TryGetValue(fields, out var known)) names[fields] = known = new JsonNames(fields);
        var (expected, count) = (0, to.Count);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var at = known.Find(ref reader, expected);
            if (at < 0)
            {
                if (Unknown(ref reader, $"{path}.") is { } unknown) return unknown;
                reader.Skip();
                continue;
            }
            expected = at + 1;
            if (to.Fields[at].Count > count) return new Problem("member twice", path, null, $"'{path}' has two members '{fields[at].Name}'");
            reader.Read();
            if (Add(ref reader, to.Fields[at], fields[at], $"{path}.{fields[at].Name}") is { } problem) return problem;
        }
        for (var i = 0; i < fields.Count; i++)
        {
            if (to.Fields[i].Count > count) continue;
            if (!fields[i].Nullable) return Problem.Missing($"{path}.{fields[i].Name}");
            to.Fields[i].AddNull();
        }
        to.EndStruct();
        return null;
    }

    // A value that the column holds as text, without its blanks.
    static string Raw(ref Utf8JsonReader reader)
    {
        using var value = JsonDocument.ParseValue(ref reader);
        return JsonSerializer.Serialize(value.RootElement);
    }
}
