using System.Text.Json.Nodes;

namespace Millrace.Data;

public sealed partial record CsvOptions
{
    /// <summary>A plan's text of a source: its path or paths, and the options that aren't the default ones.</summary>
    internal JsonObject Describe(params IReadOnlyList<string> paths)
    {
        var json = new JsonObject { ["kind"] = "csv" };
        if (paths is [var path]) json["path"] = Whole(path);
        else json["paths"] = Array(paths.Select(Whole));
        Describe(json);
        return json;

        // Since another process may stand in another folder.
        static string Whole(string path) => path.Contains("://", StringComparison.Ordinal) ? path : Path.GetFullPath(path);
    }

    /// <summary>Adds the options that aren't the default ones.</summary>
    internal void Describe(JsonObject json)
    {
        var common = Default;
        Put("delimiter", Delimiter, common.Delimiter);
        Put("quote", Quote, common.Quote);
        Put("comment", Comment, common.Comment);
        if (Header != common.Header) json["header"] = Header.ToString().ToLowerInvariant();
        if (Encoding is not null) json["encoding"] = Encoding.WebName;
        if (Columns is not null) json["columns"] = Array(Columns.Select(f => f.ToString()));
        if (Types.Count > 0) json["types"] = new JsonObject(Types.Select(t => KeyValuePair.Create(t.Key, (JsonNode?)t.Value.ToString())));
        if (!Infer) json["infer"] = false;
        if (Nulls.Count > 0) json["nulls"] = Array(Nulls);
        if (Trim) json["trim"] = true;
        if (SkipLines > 0) json["skipLines"] = SkipLines;
        if (DecimalSeparator != common.DecimalSeparator) json["decimalSeparator"] = DecimalSeparator.ToString();
        if (DateFormat is not null) json["dateFormat"] = DateFormat;
        if (TimeFormat is not null) json["timeFormat"] = TimeFormat;
        if (TimestampFormat is not null) json["timestampFormat"] = TimestampFormat;
        if (Bad is { } bad) json["bad"] = bad.ToString().ToLowerInvariant();
        if (Ragged != common.Ragged) json["ragged"] = Ragged.ToString();
        if (MaxRecordBytes != common.MaxRecordBytes) json["maxRecordBytes"] = MaxRecordBytes;
        if (RenameDuplicates) json["renameDuplicates"] = true;
        SourceText.Describe(json, Limits);

        void Put(string name, char? value, char? usual)
        {
            if (value != usual) json[name] = value?.ToString() ?? "";
        }
    }

    static JsonArray Array(IEnumerable<string> items) => new([.. items.Select(i => (JsonNode)i)]);

    /// <summary>The paths that <see cref="Describe(IReadOnlyList{string})"/> wrote.</summary>
    internal static IReadOnlyList<string> PathsOf(JsonObject description) =>
        description["path"] is { } path ? [path.GetValue<string>()] : SourceText.Paths(description);

    /// <summary>The options that <see cref="Describe(IReadOnlyList{string})"/> wrote.</summary>
    internal static CsvOptions Read(JsonObject json)
    {
        var usual = Default;
        return new CsvOptions
        {
            Delimiter = Character("delimiter", usual.Delimiter),
            Quote = Character("quote", usual.Quote),
            Comment = Character("comment", usual.Comment),
            Header = Enum.Parse<Header>(Text("header") ?? nameof(Header.Auto), ignoreCase: true),
            EncodingName = Text("encoding"),
            Columns = json["columns"] is JsonArray columns ? new Schema(columns.Select(c => FieldOf(c!.GetValue<string>()))) : null,
            Types = json["types"] is JsonObject types ? types.ToDictionary(t => t.Key, t => DataType.Parse(t.Value!.GetValue<string>())) : usual.Types,
            Infer = json["infer"]?.GetValue<bool>() ?? true,
            Nulls = json["nulls"] is JsonArray nulls ? [.. nulls.Select(n => n!.GetValue<string>())] : [],
            Trim = json["trim"]?.GetValue<bool>() ?? false,
            SkipLines = json["skipLines"]?.GetValue<int>() ?? 0,
            DecimalSeparator = Text("decimalSeparator")?[0] ?? usual.DecimalSeparator,
            DateFormat = Text("dateFormat"),
            TimeFormat = Text("timeFormat"),
            TimestampFormat = Text("timestampFormat"),
            Bad = Text("bad") is { } bad ? Enum.Parse<Bad>(bad, ignoreCase: true) : null,
            Ragged = Enum.Parse<Ragged>(Text("ragged") ?? nameof(Ragged.Bad)),
            MaxRecordBytes = json["maxRecordBytes"]?.GetValue<int>() ?? usual.MaxRecordBytes,
            RenameDuplicates = json["renameDuplicates"]?.GetValue<bool>() ?? false,
            Limits = SourceText.Limits(json),
        };

        string? Text(string name) => json[name]?.GetValue<string>();

        char? Character(string name, char? usual) => Text(name) switch { null => usual, "" => null, var text => text[0] };
    }

    // As a field writes itself: `name: type?`.
    static Field FieldOf(string text)
    {
        var at = text.LastIndexOf(": ", StringComparison.Ordinal);
        return text.EndsWith('?') ? new Field(text[..at], DataType.Parse(text[(at + 2)..^1])) : new Field(text[..at], DataType.Parse(text[(at + 2)..]), Nullable: false);
    }
}
