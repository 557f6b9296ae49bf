using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Millrace.Plans;

/// <summary>Functions of text with further arguments. Positions and lengths count code points; where all is ASCII those are bytes.</summary>
static class TextFunctions
{
    internal static Kernel? TryCompile(string name, DataType type, Kernel[] a)
    {
        switch (name)
        {
            case "starts_with":
                return new TextMeasureKernel<bool, Starts>(type, a[0], a[1], default);
            case "ends_with":
                return new TextMeasureKernel<bool, Ends>(type, a[0], a[1], default);
            case "contains":
                return new TextMeasureKernel<bool, Within>(type, a[0], a[1], default);
            case "length":
                return new TextMeasureKernel<int, CodePoints>(type, a[0], a[0], default);
            case "index_of":
                return new TextMeasureKernel<int, Place>(type, a[0], a[1], default);
            case "edit_distance":
                return new TextMeasureKernel<long, Edits>(type, a[0], a[1], default);
            case "split":
                return new SplitKernel(type, a[0], a[1]);
            case "split_part":
                return new TextRowsKernel([a[0], a[1], Whole(a[2])], SplitPart);
            case "reverse":
                return new TextRowsKernel(a, Reverse);
            case "replace":
                return new TextRowsKernel(a, Replace);
            case "md5":
                return new TextRowsKernel(a, Md5);
            case "substring":
                return new TextRowsKernel(a.Length == 2 ? [a[0], Whole(a[1])] : [a[0], Whole(a[1]), Whole(a[2])], Substring);
            case "pad_left":
                return new TextRowsKernel([a[0], Whole(a[1]), a[2]], (args, row, result) => Pad(args, row, result, left: true));
            case "pad_right":
                return new TextRowsKernel([a[0], Whole(a[1]), a[2]], (args, row, result) => Pad(args, row, result, left: false));
            default:
                return null;
        }
    }

    static Kernel Whole(Kernel kernel) => KernelCompiler.Coerce(kernel, DataType.Int64);

    /// <summary>How many code points: the bytes that don't continue one.</summary>
    internal static int LengthOf(ReadOnlySpan<byte> text)
    {
        if (Ascii.IsValid(text)) return text.Length;
        var count = 0;
        foreach (var b in text)
            if ((b & 0xC0) != 0x80) count++;
        return count;
    }

    /// <summary>The byte at which the code point of that position begins; the length where there are fewer.</summary>
    static int ByteOf(ReadOnlySpan<byte> text, long position)
    {
        if (position <= 0) return 0;
        var at = 0;
        for (; at < text.Length; at++)
            if ((text[at] & 0xC0) != 0x80 && position-- == 0) return at;
        return at;
    }

    static bool Substring(Operand[] a, int row, BytesWriter result)
    {
        var text = a[0].BytesAt(row);
        var start = a[1].At<long>(row);
        var length = a.Length == 3 ? a[2].At<long>(row) : long.MaxValue;
        if (start < 0)
        {
            // What would stand before the text isn't there: only the rest of the length is. Without a length all the rest is.
            if (a.Length == 3) length = length <= 0 || start == long.MinValue ? 0 : length + start;
            start = 0;
        }
        if (length <= 0) return true;
        if (Ascii.IsValid(text))
        {
            if (start < text.Length) result.Append(text.Slice((int)start, (int)Math.Min(length, text.Length - start)));
            return true;
        }
        var rest = text[ByteOf(text, start)..];
        result.Append(rest[..ByteOf(rest, length)]);
        return true;
    }

    static bool Replace(Operand[] a, int row, BytesWriter result)
    {
        var text = a[0].BytesAt(row);
        var sought = a[1].BytesAt(row);
        var by = a[2].BytesAt(row);
        while (sought.Length > 0 && text.IndexOf(sought) is >= 0 and var at)
        {
            result.Append(text[..at]);
            result.Append(by);
            text = text[(at + sought.Length)..];
        }
        result.Append(text);
        return true;
    }

    static bool Reverse(Operand[] a, int row, BytesWriter result)
    {
        var text = a[0].BytesAt(row);
        while (text.Length > 0)
        {
            var start = text.Length - 1;
            while (start > 0 && (text[start] & 0xC0) == 0x80) start--;
            result.Append(text[start..]);
            text = text[..start];
        }
        return true;
    }

    static bool Pad(Operand[] a, int row, BytesWriter result, bool left)
    {
        var text = a[0].BytesAt(row);
        var filler = a[2].BytesAt(row);
        var missing = filler.Length == 0 ? 0 : Math.Max(0, a[1].At<long>(row) - LengthOf(text));
        if (!left) result.Append(text);
        if (missing > 0)
        {
            var one = LengthOf(filler);
            for (; missing >= one; missing -= one) result.Append(filler);
            result.Append(filler[..ByteOf(filler, missing)]);
        }
        if (left) result.Append(text);
        return true;
    }

    static bool SplitPart(Operand[] a, int row, BytesWriter result)
    {
        var text = a[0].BytesAt(row);
        var separator = a[1].BytesAt(row);
        var part = a[2].At<long>(row);
        for (; part > 0; part--)
        {
            var at = separator.Length == 0 ? -1 : text.IndexOf(separator);
            if (at < 0) return false;
            text = text[(at + separator.Length)..];
        }
        if (part < 0) return false;
        var end = separator.Length == 0 ? -1 : text.IndexOf(separator);
        result.Append(end < 0 ? text : text[..end]);
        return true;
    }

    static bool Md5(Operand[] a, int row, BytesWriter result)
    {
        var hash = (Span<byte>)stackalloc byte[16];
#pragma warning disable CA5351 // To see change, not for secrets.
        MD5.HashData(a[0].BytesAt(row), hash);
#pragma warning restore CA5351
        Convert.TryToHexStringLower(hash, result.GetSpan(32), out var written);
        result.Advance(written);
        return true;
    }

    readonly struct Starts : ITextMeasure<bool>
    {
        public bool Measure(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => a.StartsWith(b);
    }

    readonly struct Ends : ITextMeasure<bool>
    {
        public bool Measure(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => a.EndsWith(b);
    }

    readonly struct Within : ITextMeasure<bool>
    {
        public bool Measure(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => a.IndexOf(b) >= 0;
    }

    readonly struct CodePoints : ITextMeasure<int>
    {
        public int Measure(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => LengthOf(a);
    }

    readonly struct Place : ITextMeasure<int>
    {
        public int Measure(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => a.IndexOf(b) is >= 0 and var at ? LengthOf(a[..at]) : -1;
    }

    readonly struct Edits : ITextMeasure<long>
    {
        public long Measure(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
        {
            var rented = b.Length > 255 ? ArrayPool<int>.Shared.Rent(b.Length + 1) : null;
            var row = (rented ?? stackalloc int[256]).Slice(0, b.Length + 1);
            for (var j = 0; j < row.Length; j++) row[j] = j;
            for (var i = 0; i < a.Length; i++)
            {
                var diagonal = row[0];
                row[0] = i + 1;
                for (var j = 1; j < row.Length; j++)
                {
                    var change = diagonal + (a[i] == b[j - 1] ? 0 : 1);
                    diagonal = row[j];
                    row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
                }
            }
            var edits = row[^1];
            if (rented is not null) ArrayPool<int>.Shared.Return(rented);
            return edits;
        }
    }
}

/// <summary>A fixed-size value of two texts.</summary>
interface ITextMeasure<T>
{
    T Measure(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b);
}

sealed class TextMeasureKernel<T, TMeasure>(DataType type, Kernel left, Kernel right, TMeasure measure) : Kernel(type)
    where T : unmanaged where TMeasure : struct, ITextMeasure<T>
{
    readonly TMeasure measure = measure;

    internal override bool MayFail => left.MayFail || right.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var x = left.Run(rows);
        var y = ReferenceEquals(left, right) ? x : right.Run(rows);
        var marks = NullMarks.Either(rows, x, y);
        var nulls = marks.Span;
        var result = rows.Rent<T>();
        var f = measure;
        for (var i = 0; i < rows.Count; i++)
        {
            result[i] = default;
            if (nulls.Length == 0 || !nulls[i]) result[i] = f.Measure(x.BytesAt(i), y.BytesAt(i));
        }
        return new(new Column<T>(Type, result.AsMemory(0, rows.Count), marks));
    }
}

/// <summary>A text written row by row from several arguments; a row for which nothing can be written is null.</summary>
sealed class TextRowsKernel(Kernel[] inputs, TextRowsKernel.Writes write) : Kernel(DataType.Text)
{
    internal delegate bool Writes(Operand[] arguments, int row, BytesWriter result);

    internal override bool MayFail => inputs.Any(i => i.MayFail);

    internal override Operand Run(Evaluation rows)
    {
        var arguments = inputs.Select(i => i.Run(rows)).ToArray();
        var marks = NullMarks.Any(rows, arguments);
        var nulls = marks.Span;
        bool[]? missing = null;
        var result = new BytesWriter(Type, rows.Count, rows.Memory, guess: rows.Count * 16);
        for (var i = 0; i < rows.Count; i++)
        {
            if (nulls.Length > 0 && nulls[i]) continue;
            var start = result.Position;
            if (write(arguments, i, result)) result.Views[i] = result.Since(start);
            else (missing ??= UnaryKernel<bool, bool, NoOp>.Missing(rows, marks))[i] = true;
        }
        return new(result.Column(missing is null ? marks : missing.AsMemory(0, rows.Count)));
    }
}

sealed class SplitKernel(DataType type, Kernel text, Kernel separator) : Kernel(type)
{
    internal override bool MayFail => text.MayFail || separator.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var x = (BytesColumn)text.Column(rows);
        var by = separator.Run(rows);
        var marks = NullMarks.Either(rows, new(x), by);
        var lists = rows.Rent<BytesView>();
        var parts = new List<BytesView>(rows.Count * 2);
        for (var i = 0; i < rows.Count; i++)
        {
            lists[i] = default;
            if (marks.Length > 0 && marks.Span[i]) continue;
            var (first, at) = (parts.Count, x.Views[i].Start);
            var rest = x[i];
            var sought = by.BytesAt(i);
            while (sought.Length > 0 && rest.IndexOf(sought) is >= 0 and var length)
            {
                parts.Add(new BytesView(at, length));
                at += length + sought.Length;
                rest = rest[(length + sought.Length)..];
            }
            parts.Add(new BytesView(at, rest.Length));
            lists[i] = new BytesView(first, parts.Count - first);
        }
        return new(new ListColumn(Type, lists.AsMemory(0, rows.Count), new BytesColumn(DataType.Text, x.BytesMemory, parts.ToArray()), marks));
    }
}
