using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace Millrace.Data;

/// <summary>
/// Lines of delimited text from batches. A batch is written as if no field needed quotes; if the result then holds
/// exactly the delimiters and line ends that were put there, and no quote, that was true. Only otherwise is it written
/// again with a look at each field.
/// </summary>
sealed class LineWriter(CsvWriteOptions options, string file)
{
    const int Copied = 32;

    readonly byte delimiter = (byte)options.Delimiter;
    readonly byte? quote = (byte?)options.Quote;
    readonly byte[] nullText = Encoding.UTF8.GetBytes(options.Null);
    readonly byte[] lineEnd = Encoding.UTF8.GetBytes(options.LineEnd);
    readonly SearchValues<byte> special = SearchValues.Create([(byte)options.Delimiter, (byte)(options.Quote ?? '\n'), (byte)'\r', (byte)'\n']);

    internal WrittenLines Write(Batch batch)
    {
        using var memory = new BatchMemory();
        var columns = new BytesColumn[batch.Columns.Length];
        for (var i = 0; i < columns.Length; i++) columns[i] = ValueText.Of(batch[i], memory);
        var lines = new WrittenLines(batch.Count);
        try
        {
            if (nullText.Length > 0 || lineEnd.Length > 1 || !TryPlain(columns, batch.Count, lines)) Careful(columns, batch.Count, lines);
            return lines;
        }
        catch
        {
            lines.Dispose();
            throw;
        }
    }

    internal WrittenLines Header(Schema schema)
    {
        var lines = new WrittenLines(0);
        for (var i = 0; i < schema.Count; i++)
        {
            if (i > 0) lines.Append([delimiter]);
            Field(lines, Encoding.UTF8.GetBytes(schema[i].Name), schema[i].Name, row: -1);
        }
        lines.Append(lineEnd);
        return lines;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    unsafe bool TryPlain(BytesColumn[] columns, int rows, WrittenLines lines)
    {
        var pins = new MemoryHandle[columns.Length * 3];
        var fields = stackalloc Source[columns.Length];
        try
        {
            for (var i = 0; i < columns.Length; i++)
            {
                var column = columns[i];
                fields[i] = new Source
                {
                    Bytes = (byte*)(pins[i * 3] = column.BytesMemory.Pin()).Pointer,
                    Views = (BytesView*)(pins[(i * 3) + 1] = column.ViewsMemory.Pin()).Pointer,
                    Nulls = (bool*)(pins[(i * 3) + 2] = column.NullMarks.Pin()).Pointer,
                    // A copy may read beyond a short value, never beyond the bytes.
                    Safe = column.BytesMemory.Length - Copied,
                };
                if (!column.MayHaveNulls) fields[i].Nulls = null;
            }
            for (var row = 0; row < rows; row++)
            {
                for (var i = 0; i < columns.Length; i++)
                {
                    ref var field = ref fields[i];
                    var view = field.Views[row];
                    // The value, what a copy writes beyond it, and the delimiter.
                    var to = lines.Room(view.Length + Copied + 1);
                    var length = view.Length;
                    if (field.Nulls != null && field.Nulls[row]) length = 0;
                    else if (length == 0 && quote is not null) return false;
                    else if (length <= Copied && view.Start <= field.Safe)
                        Vector256.Load(field.Bytes + view.Start).StoreUnsafe(ref MemoryMarshal.GetReference(to));
                    else
                        new ReadOnlySpan<byte>(field.Bytes + view.Start, length).CopyTo(to);
                    Unsafe.Add(ref MemoryMarshal.GetReference(to), length) = delimiter;
                    lines.Advance(length + 1);
                }
                lines.EndLine((byte)'\n');
            }
        }
        finally
        {
            foreach (var pin in pins) pin.Dispose();
        }
        return IsPlain(lines.Bytes.Span, (long)rows * (columns.Length - 1), rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    bool IsPlain(ReadOnlySpan<byte> text, long delimiters, long ends)
    {
        var (foundDelimiters, foundEnds, odd) = (0L, 0L, 0L);
        ref var start = ref MemoryMarshal.GetReference(text);
        Vector512<byte> d = Vector512.Create(delimiter), n = Vector512.Create((byte)'\n'), r = Vector512.Create((byte)'\r'), q = Vector512.Create(quote ?? (byte)'\r');
        var at = 0;
        for (; at <= text.Length - Vector512<byte>.Count; at += Vector512<byte>.Count)
        {
            var next = Vector512.LoadUnsafe(ref start, (nuint)at);
            foundDelimiters += BitOperations.PopCount(Vector512.Equals(next, d).ExtractMostSignificantBits());
            foundEnds += BitOperations.PopCount(Vector512.Equals(next, n).ExtractMostSignificantBits());
            odd |= (long)(Vector512.Equals(next, r) | Vector512.Equals(next, q)).ExtractMostSignificantBits();
        }
        foreach (var b in text[at..])
        {
            if (b == delimiter) foundDelimiters++;
            else if (b == '\n') foundEnds++;
            else if (b == '\r' || b == quote) odd = 1;
        }
        return odd == 0 && foundDelimiters == delimiters && foundEnds == ends;
    }

    void Careful(BytesColumn[] columns, int rows, WrittenLines lines)
    {
        lines.Clear();
        for (var row = 0; row < rows; row++)
        {
            Row(columns, row, lines);
            lines.Append(lineEnd);
        }
    }

    /// <summary>Adds a row, without a line end.</summary>
    internal void Row(BytesColumn[] columns, int row, WrittenLines lines)
    {
        for (var i = 0; i < columns.Length; i++)
        {
            if (i > 0) lines.Append([delimiter]);
            if (columns[i].IsNull(row)) lines.Append(nullText);
            else Field(lines, columns[i][row], $"column {i + 1}", row);
        }
    }

    void Field(WrittenLines lines, ReadOnlySpan<byte> value, string name, int row)
    {
        var mustQuote = value.ContainsAny(special) || value.SequenceEqual(nullText);
        if (!mustQuote)
        {
            lines.Append(value);
            return;
        }
        if (quote is not { } mark)
        {
            // Without quotes the empty text can't be told from null; all else would break the line.
            if (value.Length == 0) return;
            throw new BadDataException($"{name}{(row < 0 ? "" : $" of row {row + 1} of a batch")} holds '{BadRows.Cut(value)}', which has a delimiter, a line end or the mark of null in it, and '{file}' is written without quotes. Set a Quote.", file);
        }
        lines.Append([mark]);
        while (value.IndexOf(mark) is >= 0 and var at)
        {
            lines.Append(value[..(at + 1)]);
            lines.Append([mark]);
            value = value[(at + 1)..];
        }
        lines.Append(value);
        lines.Append([mark]);
    }

    unsafe struct Source
    {
        internal byte* Bytes;
        internal BytesView* Views;
        internal bool* Nulls;
        internal int Safe;
    }
}

/// <summary>Text that is ready to be written, in rented memory that grows.</summary>
sealed class WrittenLines(int rows) : IDisposable
{
    byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(1024, rows * 48));
    int used;

    internal int Rows { get; } = rows;
    internal ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, used);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Span<byte> Room(int bytes)
    {
        if (buffer.Length - used < bytes) Grow(bytes);
        return buffer.AsSpan(used);
    }

    internal void Advance(int count) => used += count;

    /// <summary>Puts a line end in the place of the last delimiter.</summary>
    internal void EndLine(byte end) => buffer[used - 1] = end;

    internal void Append(ReadOnlySpan<byte> text)
    {
        text.CopyTo(Room(text.Length));
        used += text.Length;
    }

    internal void Clear() => used = 0;

    public void Dispose()
    {
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
    }

    void Grow(int bytes)
    {
        var more = ArrayPool<byte>.Shared.Rent(Math.Max(checked(used + bytes), (int)Math.Min(buffer.Length * 2L, Array.MaxLength)));
        buffer.AsSpan(0, used).CopyTo(more);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = more;
    }
}
