using System.Text;

namespace Millrace.Data;

/// <summary>What the first lines of a file say about how it is written.</summary>
static class Dialect
{
    const int LooksAt = 1 << 17, Records = 200;

    static readonly byte[] Delimiters = [(byte)',', (byte)'\t', (byte)';', (byte)'|'];

    /// <summary>The format with all that was open decided, and the names of the file's columns.</summary>
    internal static async Task<(TextFormat Format, IReadOnlyList<string> Names)> FindAsync(InputFile file, CsvOptions options, CancellationToken cancel)
    {
        var (bytes, last) = await StartOfAsync(file, options.Encoding, cancel).ConfigureAwait(false);
        var format = FormatOf(options) with { Delimiter = (byte?)options.Delimiter };
        var start = TextStart.Find(bytes.Span, bytes.ToArray(), format, last) ?? throw TooFewLines(file, options);
        var rows = bytes[start.Bytes..];
        if (format.Delimiter is null) format = format with { Delimiter = DelimiterOf(rows, format, last) };
        var records = FirstRecords(rows, format, last);
        if (records.Count == 0 && last && rows.Length > 0 && options is { Columns: null, Header: not Header.Yes })
            throw new BadDataException($"'{file.Name}' has neither a header nor rows, only blank lines{(options.Comment is null ? "" : " and comments")}. Give its Columns, where that is right.", file.Name);
        if (options.Header == Header.No || (options.Header == Header.Auto && !ReadsAsHeader(records, options)))
        {
            var width = records.Count > 0 ? records[0].Count : options.Columns?.Count ?? 0;
            return (format, options.Columns is { } given && given.Count >= width ? [.. given.Names] : [.. Enumerable.Range(1, width).Select(i => $"column{i}")]);
        }
        format = format with { HasHeader = true };
        var padded = new byte[bytes.Length + FieldIndex.Slack];
        bytes.CopyTo(padded);
        var names = TextStart.Find(padded.AsSpan(0, bytes.Length), padded, format, last)?.Names;
        if (names is null && options.Columns is { } columns) return (format, [.. columns.Names]);
        return names is not null
            ? (format, [.. HeaderNames.Of(names, file.Name, options.RenameDuplicates).Names])
            : throw new BadDataException($"'{file.Name}' is empty: it has no header to name its columns. Give its Columns, where an empty file is right.", file.Name);
    }

    internal static TextFormat FormatOf(CsvOptions options) => new()
    {
        Kind = "csv",
        Quote = (byte?)options.Quote,
        Comment = (byte?)options.Comment,
        SkipLines = options.SkipLines,
        Encoding = options.Encoding,
        Trim = options.Trim,
        Nulls = [.. options.Nulls.Where(n => n.Length > 0).Select(Encoding.UTF8.GetBytes)],
        Bad = options.Bad,
        Ragged = options.Ragged,
        MaxRecordBytes = options.MaxRecordBytes,
        RenameDuplicates = options.RenameDuplicates,
        Values = new ValueFormat(options.DecimalSeparator, options.DateFormat, options.TimeFormat, options.TimestampFormat),
    };

    static async Task<(Memory<byte> Bytes, bool Last)> StartOfAsync(InputFile file, Encoding? encoding, CancellationToken cancel)
    {
        var input = await BlockInput.OpenAsync(file, encoding, cancel).ConfigureAwait(false);
        await using var end = input.ConfigureAwait(false);
        var bytes = new byte[LooksAt];
        var (filled, count) = (0, 1);
        while (filled < bytes.Length && count > 0)
        {
            count = await input.ReadAsync(bytes.AsMemory(filled), cancel).ConfigureAwait(false);
            filled += count;
        }
        var mark = bytes.AsSpan(0, filled).StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        return (bytes.AsMemory(mark, filled - mark), count == 0);
    }

    static BadDataException TooFewLines(InputFile file, CsvOptions options) =>
        new($"'{file.Name}' has {options.SkipLines} lines to skip and no table within {LooksAt:N0} bytes.", file.Name);

    // The one that splits the most lines into equally many fields, and into the most where two do.
    static byte DelimiterOf(Memory<byte> rows, TextFormat format, bool last)
    {
        var (best, bestShare, bestFields) = ((byte)',', 0.0, 1);
        foreach (var delimiter in Delimiters)
        {
            var records = FirstRecords(rows, format with { Delimiter = delimiter }, last);
            if (records.Count == 0) continue;
            var usual = records.GroupBy(r => r.Count).MaxBy(g => g.Count())!;
            var share = usual.Count() / (double)records.Count;
            if (usual.Key < 2 || share < bestShare || (share == bestShare && usual.Key <= bestFields)) continue;
            (best, bestShare, bestFields) = (delimiter, share, usual.Key);
        }
        return best;
    }

    static List<List<string>> FirstRecords(ReadOnlyMemory<byte> rows, TextFormat format, bool last)
    {
        var records = new List<List<string>>();
        var padded = new byte[rows.Length + FieldIndex.Slack];
        rows.CopyTo(padded);
        using var index = new FieldIndex(format.Delimiter, format.Quote ?? 0, rows.Length);
        var bytes = padded.AsSpan(0, rows.Length);
        if (format.Quote is null) index.AddUnquoted(bytes);
        else if (format.Comment is { } comment) index.AddCommented(bytes, comment, last);
        else index.AddQuoted(bytes, last);
        if (last) index.Finish(padded, rows.Length);
        else index.Cut(bytes);
        var record = new List<string>();
        for (var i = 1; i < index.Ends.Length && records.Count < Records; i++)
        {
            var (start, end) = (index.Ends[i - 1] + 1, index.Ends[i]);
            var ends = FieldIndex.IsLineEnd(padded[end]);
            if (ends && end > start && padded[end - 1] == '\r') end--;
            record.Add(Encoding.UTF8.GetString(padded.AsSpan(start, end - start)));
            if (!ends) continue;
            var isNothing = (record.Count == 1 && record[0].Length == 0) || (format.Comment is { } mark && record[0].StartsWith((char)mark));
            if (!isNothing) records.Add(record);
            record = [];
        }
        return records;
    }

    // Names are there, differ, and aren't values: where one reads as a number or a date, the line is a row.
    static bool ReadsAsHeader(List<List<string>> records, CsvOptions options)
    {
        if (records.Count == 0) return options.Columns is not null;
        var first = records[0].Select(f => f.Trim().Trim('"')).ToList();
        if (options.Columns is { } columns)
        {
            var names = new Schema(first.Distinct(StringComparer.Ordinal).Select(f => new Field(f, DataType.Text)));
            if (columns.Names.All(names.Contains)) return true;
        }
        return first.All(f => f.Length > 0 && !IsValue(f));
    }

    static bool IsValue(string field)
    {
        var text = Encoding.UTF8.GetBytes(field.Trim().Trim('"'));
        return NumberText.TryFloat64(text, out _) || TimeText.TryTimestamp(text, out _) || TimeText.TryTime(text, out _)
            || TimeText.TryInstant(text, out _) || (text.Length > 3 && NumberText.TryBoolean(text, out _));
    }
}
