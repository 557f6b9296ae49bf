using System.Text;

namespace Millrace.Plans;

/// <summary>A function of one text that writes another.</summary>
interface ITextMap
{
    void Write(ReadOnlySpan<byte> value, BytesWriter result);
}

/// <summary>A function of one text that finds a part of it: nothing is copied.</summary>
interface ITextPart
{
    (int Start, int Length) Find(ReadOnlySpan<byte> value);
}

/// <summary>Functions of text.</summary>
static class TextKernels
{
    internal static Kernel? TryCompile(string name, DataType type, Kernel[] a) => name switch
    {
        "upper" => new TextMapKernel<Upper>(a[0], default),
        "lower" => new TextMapKernel<Lower>(a[0], default),
        "trim" => new TextPartKernel<Trimmed>(a[0], new(true, true)),
        "trim_start" => new TextPartKernel<Trimmed>(a[0], new(true, false)),
        "trim_end" => new TextPartKernel<Trimmed>(a[0], new(false, true)),
        "concat" => new ConcatKernel([.. a.Select(k => KernelCompiler.Coerce(k, DataType.Text))]),
        _ => TextFunctions.TryCompile(name, type, a) ?? PatternKernels.TryCompile(name, a),
    };

    readonly struct Upper : ITextMap
    {
        public void Write(ReadOnlySpan<byte> value, BytesWriter result)
        {
            var target = result.GetSpan(value.Length);
            if (Ascii.ToUpper(value, target, out var written) == System.Buffers.OperationStatus.Done) result.Advance(written);
            else result.AppendText(Encoding.UTF8.GetString(value).ToUpperInvariant());
        }
    }

    readonly struct Lower : ITextMap
    {
        public void Write(ReadOnlySpan<byte> value, BytesWriter result)
        {
            var target = result.GetSpan(value.Length);
            if (Ascii.ToLower(value, target, out var written) == System.Buffers.OperationStatus.Done) result.Advance(written);
            else result.AppendText(Encoding.UTF8.GetString(value).ToLowerInvariant());
        }
    }

    /// <summary>Spaces, tabs, line ends, and the two that take two bytes: U+0085 and the no-break space.</summary>
    readonly struct Trimmed(bool start, bool end) : ITextPart
    {
        public (int, int) Find(ReadOnlySpan<byte> value)
        {
            var from = 0;
            var to = value.Length;
            if (start)
            {
                while (from < to)
                {
                    if (IsSpace(value[from])) from++;
                    else if (from + 1 < to && IsWideSpace(value[from], value[from + 1])) from += 2;
                    else break;
                }
            }
            if (end)
            {
                while (to > from)
                {
                    if (IsSpace(value[to - 1])) to--;
                    else if (to - 1 > from && IsWideSpace(value[to - 2], value[to - 1])) to -= 2;
                    else break;
                }
            }
            return (from, to - from);
        }

        static bool IsSpace(byte b) => b is (byte)' ' or (>= 9 and <= 13);
        static bool IsWideSpace(byte first, byte second) => first == 0xC2 && second is (0x85 or 0xA0);
    }
}

sealed class TextMapKernel<TMap>(Kernel input, TMap map) : Kernel(DataType.Text) where TMap : struct, ITextMap
{
    readonly TMap map = map;

    internal override bool MayFail => input.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var x = (BytesColumn)input.Column(rows);
        var result = new BytesWriter(Type, rows.Count, rows.Memory, guess: x.Count * 16);
        var f = map;
        var nulls = x.Nulls;
        for (var i = 0; i < x.Count; i++)
        {
            if (nulls.Length > 0 && nulls[i]) continue;
            var start = result.Position;
            f.Write(x[i], result);
            result.Views[i] = result.Since(start);
        }
        return new(result.Column(x.NullMarks));
    }
}

sealed class TextPartKernel<TPart>(Kernel input, TPart part) : Kernel(DataType.Text) where TPart : struct, ITextPart
{
    readonly TPart part = part;

    internal override bool MayFail => input.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var x = (BytesColumn)input.Column(rows);
        var views = rows.Rent<BytesView>();
        var f = part;
        var bytes = x.Bytes;
        var from = x.Views;
        var nulls = x.Nulls;
        for (var i = 0; i < from.Length; i++)
        {
            views[i] = default;
            if (nulls.Length > 0 && nulls[i]) continue;
            var (start, length) = f.Find(bytes.Slice(from[i].Start, from[i].Length));
            views[i] = new BytesView(from[i].Start + start, length);
        }
        return new(new BytesColumn(Type, x.BytesMemory, views.AsMemory(0, x.Count), x.NullMarks));
    }
}

sealed class ConcatKernel(Kernel[] inputs) : Kernel(DataType.Text)
{
    internal override bool MayFail => inputs.Any(i => i.MayFail);

    internal override Operand Run(Evaluation rows)
    {
        var parts = inputs.Select(i => i.Run(rows)).ToArray();
        var marks = NullMarks.Any(rows, parts);
        var nulls = marks.Span;
        var result = new BytesWriter(Type, rows.Count, rows.Memory, guess: rows.Count * 16);
        for (var i = 0; i < rows.Count; i++)
        {
            if (nulls.Length > 0 && nulls[i]) continue;
            var start = result.Position;
            foreach (var part in parts) result.Append(part.Bytes[part.Constant ? 0 : i]);
            result.Views[i] = result.Since(start);
        }
        return new(result.Column(marks));
    }
}
