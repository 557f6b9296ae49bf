using System.Text.Json;

namespace Millrace.Data;

/// <summary>Reads the JSON rows of a file.</summary>
sealed class JsonReader(JsonCutter cutter, Schema schema, JsonOptions options) : RecordReader
{
    readonly JsonRows rows = new(schema, options.MaxDepth, strict: options.Columns is null);

    internal override bool Read(RecordBatch into)
    {
        if (!cutter.Next(out var row, out var line)) return false;
        into.BeginRow(line);
        if (rows.TryAdd(row, into)) into.EndRow();
        return true;
    }

    public override void Dispose() => cutter.Dispose();
}

/// <summary>Reads JSON rows straight into columns, the first of their batch.</summary>
sealed class JsonRows(Schema schema, int maxDepth, bool strict)
{
    readonly JsonReaderOptions readerOptions = new() { MaxDepth = maxDepth };
    readonly JsonNames names = new(schema);
    readonly JsonColumns columns = new(strict);

    /// <summary>Adds the values of a row that has begun; false where it has been refused.</summary>
    internal bool TryAdd(ReadOnlySpan<byte> row, RecordBatch into)
    {
        var reader = new Utf8JsonReader(row, readerOptions);
        try
        {
            return ReadRow(ref reader, into);
        }
        catch (JsonException e)
        {
            into.Refuse(new Problem("not JSON", null, Problem.Shown(row), JsonCutter.Plain(e)));
        }
        catch (InvalidOperationException)
        {
            // What the reader throws for bytes that aren't UTF-8 and for halves of surrogate pairs.
            into.Refuse(new Problem("not Unicode", null, Problem.Shown(row), "the row holds bytes or escapes that are no Unicode text"));
        }
        return false;
    }

    bool ReadRow(ref Utf8JsonReader reader, RecordBatch into)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            if (schema.Count == 1 && names.IsValueOnly) return ReadValue(ref reader, into, 0) && Ended(ref reader);
            var start = reader.TokenType;
            into.Refuse(new Problem("not an object", null, Problem.Shown(reader.ValueSpan), $"the row is {JsonColumns.Called(start)} and not an object"));
            return false;
        }
        var expected = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var column = names.Find(ref reader, expected);
            if (column < 0)
            {
                if (columns.Unknown(ref reader, "") is { } unknown)
                {
                    into.Refuse(unknown);
                    return false;
                }
                reader.Skip();
                continue;
            }
            expected = column + 1;
            if (into.Has(column))
            {
                into.Refuse(new Problem("member twice", schema[column].Name, null, $"the row has two members '{schema[column].Name}'"));
                return false;
            }
            reader.Read();
            if (!ReadValue(ref reader, into, column)) return false;
        }
        return Ended(ref reader);
    }

    // Reads to the end, which throws where anything stands behind the row.
    static bool Ended(ref Utf8JsonReader reader)
    {
        reader.Read();
        return true;
    }

    bool ReadValue(ref Utf8JsonReader reader, RecordBatch into, int column)
    {
        if (into[column] is not { } builder)
        {
            reader.Skip();
            return true;
        }
        // Where the value turns out bad, the rest of it must still be passed over.
        var whole = reader;
        if (columns.Add(ref reader, builder, schema[column], schema[column].Name) is not { } problem) return true;
        if (!into.RefuseValue(column, problem)) return false;
        whole.Skip();
        reader = whole;
        return true;
    }
}

/// <summary>Finds fields by the names of members, which mostly come in the same order.</summary>
sealed class JsonNames(Schema schema)
{
    readonly byte[][] names = [.. schema.Select(f => System.Text.Encoding.UTF8.GetBytes(f.Name))];

    internal bool IsValueOnly => schema[0].Name == "value";

    internal int Find(ref Utf8JsonReader reader, int expected)
    {
        if (expected < names.Length && reader.ValueTextEquals(names[expected])) return expected;
        return schema.TryIndexOf(reader.GetString()!, out var index) ? index : -1;
    }
}
