using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Millrace.Data;

/// <summary>Documents whose rows are an array's items, or lines that are a row each.</summary>
sealed class JsonSource(IReadOnlyList<string> paths, bool lines, JsonOptions options) : RecordSource(paths, options.Limits)
{
    public override string Kind => lines ? "jsonl" : "json";

    private protected override Schema? Given => options.Columns;
    private protected override Bad? Bad => options.Bad;

    private protected override string Remedy => "Correct the file, change the column's type, or reject bad rows.";
    private protected override string Inspector => lines ? "JsonLines.InspectAsync" : "Json.InspectAsync";
    private protected override int InferRows => options.InferRows;

    public override JsonObject? Describe()
    {
        var description = base.Describe()!;
        if (options.Rows is not null) description["rows"] = options.Rows;
        SourceText.Describe(description, options.Columns, options.Bad);
        SourceText.Describe(description, "inferRows", options.InferRows, JsonOptions.Default.InferRows);
        SourceText.Describe(description, "maxDepth", options.MaxDepth, JsonOptions.Default.MaxDepth);
        SourceText.Describe(description, "maxRowBytes", options.MaxRowBytes, JsonOptions.Default.MaxRowBytes);
        SourceText.Describe(description, options.Limits);
        return description;
    }

    internal static JsonSource Open(JsonObject description, bool lines) => new(SourceText.Paths(description), lines, new JsonOptions
    {
        Rows = description["rows"]?.GetValue<string>(),
        Columns = SourceText.Columns(description),
        Bad = SourceText.BadRows(description),
        InferRows = SourceText.Number(description, "inferRows", JsonOptions.Default.InferRows),
        MaxDepth = SourceText.Number(description, "maxDepth", JsonOptions.Default.MaxDepth),
        MaxRowBytes = SourceText.Number(description, "maxRowBytes", JsonOptions.Default.MaxRowBytes),
        Limits = SourceText.Limits(description),
    });

    private protected override RecordReader Open(InputFile file, Stream input) =>
        new JsonReader(new JsonCutter(input, file.Name, lines, options), FileSchema, options);

    Schema FileSchema => new(Schema.Where(f => !Partitions.Fields.Contains(f.Name)));

    private protected override InferredSchema Infer(IReadOnlyList<InputFile> files, long rows, CancellationToken cancel)
    {
        var root = new TypeEvidence();
        var left = rows;
        foreach (var file in files)
        {
            using var input = file.OpenAsItIsAsync(cancel).AsTask().GetAwaiter().GetResult();
            using var cutter = new JsonCutter(input, file.Name, lines, options);
            while (left > 0 && cutter.Next(out var row, out var line))
            {
                cancel.ThrowIfCancellationRequested();
                left--;
                var reader = new Utf8JsonReader(row, new JsonReaderOptions { MaxDepth = options.MaxDepth });
                try
                {
                    reader.Read();
                    JsonEvidence.Add(ref reader, root, line);
                }
                catch (JsonException) when (lines && options.Bad != Data.Bad.Fail)
                {
                    // The read comes to the line, and knows by then what the run says of it.
                }
                catch (JsonException e)
                {
                    throw JsonCutter.Broken(file.Name, line, e);
                }
            }
            if (left == 0) break;
        }
        var found = new List<ColumnEvidence>();
        if (root.IsOnlyStructs && root.HasFields) return new InferredSchema(root.Fields("", found, whole: left > 0), found);
        if (left == rows)
            throw new BadDataException($"'{files[0].Name}' has no rows to infer columns from. Give the Columns.", files[0].Name);
        return new InferredSchema(new Schema(new Field("value", root.Type("value", found, whole: left > 0))), found);
    }
}

/// <summary>What the values of JSON rows are.</summary>
static class JsonEvidence
{
    internal static void Add(ref Utf8JsonReader reader, TypeEvidence evidence, long line)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                evidence.AddNull();
                break;
            case JsonTokenType.True or JsonTokenType.False:
                evidence.AddBoolean(line, reader.ValueSpan);
                break;
            case JsonTokenType.Number:
                evidence.AddNumber(reader.ValueSpan, line);
                break;
            case JsonTokenType.String:
                evidence.AddText(reader.ValueSpan, line);
                break;
            case JsonTokenType.StartArray:
                var item = evidence.AddList(line);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) Add(ref reader, item, line);
                break;
            case JsonTokenType.StartObject:
                evidence.AddStruct(line);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var name = reader.GetString()!;
                    reader.Read();
                    Add(ref reader, evidence.Field(name), line);
                }
                break;
        }
    }
}
