using System.Text.Json.Nodes;
using Millrace.Plans;

namespace Millrace.Data;

public sealed partial record CsvOptions
{
    /// <summary>A plan's text of a source: its path, and the options that aren't the default ones.</summary>
    internal JsonObject Describe(string path)
    {
        var json = new JsonObject { ["kind"] = "csv", ["path"] = path };
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
        if (Bad != common.Bad) json["bad"] = Bad.ToString().ToLowerInvariant();
        if (Ragged != common.Ragged) json["ragged"] = Ragged.ToString();
        if (MaxRecordBytes != common.MaxRecordBytes) json["maxRecordBytes"] = MaxRecordBytes;
        if (RenameDuplicates) json["renameDuplicates"] = true;
        return json;

        void Put(string name, char? value, char? usual)
        {
            if (value != usual) json[name] = value?.ToString() ?? "";
        }

        static JsonArray Array(IEnumerable<string> items) => new([.. items.Select(i => (JsonNode)i)]);
    }
}
