using System.Text.Unicode;

namespace Millrace.Data;

/// <summary>
/// Reads lines that come one by one straight into columns, the first of their batch and in their order. What a line means
/// is as in files: the same index finds its fields, the same parsers read them.
/// </summary>
sealed class CsvRows : IDisposable
{
    readonly Schema schema;
    readonly TextFormat format;
    readonly ColumnReader[] readers;
    readonly FieldIndex index;
    byte[] line = new byte[256 + FieldIndex.Slack];

    /// <exception cref="PlanException">Text can't hold one of the columns.</exception>
    internal CsvRows(Schema schema, CsvOptions options)
    {
        this.schema = schema;
        format = Dialect.FormatOf(options) with { Delimiter = (byte)(options.Delimiter ?? ',') };
        readers = [.. schema.Select(f => ColumnReader.For(f.Type, format.Values))];
        index = new FieldIndex(format.Delimiter, format.Quote ?? 0, 0);
    }

    /// <summary>Adds the values of a row that has begun; false where it has been refused. A line end behind it may be there or not.</summary>
    internal bool TryAdd(ReadOnlySpan<byte> row, RecordBatch into)
    {
        var fields = Split(row);
        if (Fault(row, fields) is { } fault)
        {
            into.Refuse(fault);
            return false;
        }
        for (var i = 0; i < Math.Min(fields, schema.Count); i++)
        {
            if (into[i] is { } builder && !TryAdd(i, builder, into)) return false;
        }
        return true;
    }

    public void Dispose() => index.Dispose();

    // How many fields the line has.
    int Split(ReadOnlySpan<byte> row)
    {
        // A copy, as the index looks behind the end, and doubled quotes are made single where they stand.
        if (line.Length < row.Length + FieldIndex.Slack) line = new byte[(row.Length * 2) + FieldIndex.Slack];
        row.CopyTo(line);
        index.Clear();
        if (format.Quote is null) index.AddUnquoted(line.AsSpan(0, row.Length));
        else index.AddQuoted(line.AsSpan(0, row.Length), last: true);
        index.Finish(line, row.Length);
        return Math.Max(index.Count, 1);
    }

    Problem? Fault(ReadOnlySpan<byte> row, int fields)
    {
        if (!Utf8.IsValid(row)) return new("encoding", null, Problem.Shown(row), "the line isn't UTF-8");
        if (row.Contains((byte)0)) return new("nul", null, Problem.Shown(row), "the line holds a NUL character, which text may not");
        if (index.Misquoted is not null)
            return new("quotes", null, Problem.Shown(row), "a quote stands where none may: a field is quoted as a whole, and a quote in it is doubled. Where quotes mean nothing, set Quote to null");
        if (index.Lines > 1) return new("lines", null, Problem.Shown(row), "there is more than one line. A line end is part of a field only where the field is quoted");
        if (fields == schema.Count || (fields < schema.Count ? format.Ragged != Ragged.Bad : format.Ragged == Ragged.FillAndCut)) return null;
        return new("ragged", null, Problem.Shown(row), $"the line has {(fields == 1 ? "1 field" : $"{fields} fields")} where the columns are {schema.Count} ({string.Join(", ", schema.Names)}). Ragged.Fill takes lines that are short, Ragged.FillAndCut those that are long as well");
    }

    // What is null isn't added: the end of the row does that, where it may be null.
    bool TryAdd(int column, ColumnBuilder builder, RecordBatch into)
    {
        var field = schema[column];
        var text = Field(column, out var quoted);
        if (text.Length == 0 ? IsNullWhenEmpty(field, quoted) : !quoted && IsNull(text)) return true;
        return readers[column].TryAdd(builder, text) || into.RefuseValue(column, Problem.NotOf(field, field.Name, text));
    }

    ReadOnlySpan<byte> Field(int at, out bool quoted)
    {
        quoted = false;
        if (index.Count == 0) return [];
        var (start, end) = (index.Ends[at] + 1, index.Ends[at + 1]);
        if (end > start && line[end] == '\n' && line[end - 1] == '\r') end--;
        var text = line.AsSpan(start, end - start);
        quoted = text.Length > 1 && text[0] == format.Quote;
        if (!quoted) return format.Trim ? text.Trim(" \t"u8) : text;
        text = text[1..^1];
        return format.Quote is { } quote && text.Contains(quote) ? text[..FieldViews.Undouble(text, quote)] : text;
    }

    static bool IsNullWhenEmpty(Field field, bool quoted) => field.Type.Kind != TypeKind.Text || (field.Nullable && !quoted);

    bool IsNull(ReadOnlySpan<byte> text)
    {
        foreach (var spelling in format.Nulls)
        {
            if (text.SequenceEqual(spelling)) return true;
        }
        return false;
    }
}
