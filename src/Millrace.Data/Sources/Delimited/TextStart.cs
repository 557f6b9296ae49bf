using System.Text;

namespace Millrace.Data;

/// <summary>What stands above the rows of a file.</summary>
/// <param name="Names">Of the header; null where there is none.</param>
/// <param name="Bytes">How far it reaches.</param>
sealed record TextStart(IReadOnlyList<string>? Names, int Bytes, int Lines)
{
    /// <summary>Null where the header isn't all in the bytes, and more of them follow.</summary>
    /// <param name="padded">The bytes and <see cref="FieldIndex.Slack"/> more.</param>
    internal static TextStart? Find(ReadOnlySpan<byte> bytes, Span<byte> padded, TextFormat format, bool last)
    {
        var (at, lines) = (0, 0);
        // Skipped lines aren't of the table and know no quotes; above the header, blank lines and comments are nothing.
        while (lines < format.SkipLines || (format.HasHeader && at < bytes.Length && (FieldIndex.IsLineEnd(bytes[at]) || bytes[at] == format.Comment)))
        {
            var length = LineLength(bytes[at..], last);
            if (length is null) return null;
            if (length == 0) break;
            at += length.Value;
            lines++;
        }
        if (!format.HasHeader || at >= bytes.Length) return format.HasHeader && !last ? null : new TextStart(null, at, lines);
        using var index = new FieldIndex(format.Delimiter, format.Quote ?? 0, bytes.Length - at);
        var table = bytes[at..];
        if (!last && table[^1] == '\r') table = table[..^1];
        if (format.Quote is null) index.AddUnquoted(table);
        else index.AddQuoted(table, last);
        if (last) index.Finish(padded[at..], table.Length);
        var names = new List<string>();
        for (var i = 1; i < index.Ends.Length; i++)
        {
            var (start, end) = (index.Ends[i - 1] + 1, index.Ends[i]);
            var ends = end == table.Length || FieldIndex.IsLineEnd(table[end]);
            if (ends && end > start && table[end - 1] == '\r') end--;
            names.Add(NameOf(table[start..end], format));
            if (ends) return new TextStart(names, at + Math.Min(index.Ends[i] + 1, table.Length), lines + 1 + table[..end].Count((byte)'\n'));
        }
        return null;
    }

    static int? LineLength(ReadOnlySpan<byte> bytes, bool last)
    {
        var end = bytes.IndexOfAny((byte)'\n', (byte)'\r');
        if (end < 0) return last ? bytes.Length : null;
        if (bytes[end] == '\n') return end + 1;
        if (end + 1 == bytes.Length && !last) return null;
        return end + 1 < bytes.Length && bytes[end + 1] == '\n' ? end + 2 : end + 1;
    }

    static string NameOf(ReadOnlySpan<byte> field, TextFormat format)
    {
        var text = Encoding.UTF8.GetString(field);
        if (format.Quote is { } quote && text.Length >= 2 && text[0] == quote && text[^1] == quote)
            return text[1..^1].Replace($"{(char)quote}{(char)quote}", $"{(char)quote}", StringComparison.Ordinal);
        return text.Trim();
    }
}
