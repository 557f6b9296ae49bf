namespace Millrace.Plans;

/// <summary>Between text and the other types. Spaces around a value don't count.</summary>
static class TextCasts
{
    internal static Kernel? TryCompile(Kernel input, DataType to, bool lenient, bool rounds = true)
    {
        var from = input.Type;
        return (from.Kind, to.Kind) switch
        {
            (TypeKind.Enum, TypeKind.Text) or (TypeKind.Text, TypeKind.Binary) => new RetypedBytesKernel(to, input),
            (TypeKind.Binary, TypeKind.Text) => new AcceptedBytesKernel(to, input, System.Text.Unicode.Utf8.IsValid, lenient),
            (TypeKind.Text or TypeKind.Enum, TypeKind.Enum) => new AcceptedBytesKernel(to, input, Names((EnumType)to), lenient),
            (TypeKind.Text or TypeKind.Enum, _) => Parse(input, to, lenient, rounds),
            (_, TypeKind.Text) => Format(input),
            (_, TypeKind.Enum) => TryCompile(input, DataType.Text, lenient) is { } text ? TryCompile(text, to, lenient) : null,
            _ => null,
        };
    }

    static AcceptedBytesKernel.Accepts Names(EnumType type)
    {
        var names = type.Names.Select(System.Text.Encoding.UTF8.GetBytes).ToArray();
        return value =>
        {
            foreach (var name in names)
                if (value.SequenceEqual(name)) return true;
            return false;
        };
    }

    static Kernel? Parse(Kernel a, DataType to, bool lenient, bool rounds) => to.Kind switch
    {
        TypeKind.Boolean => new ParseKernel<bool, TextParsing.Booleans>(to, a, default, lenient),
        TypeKind.Int16 => new ParseKernel<short, TextParsing.Whole<short>>(to, a, default, lenient),
        TypeKind.Int32 => new ParseKernel<int, TextParsing.Whole<int>>(to, a, default, lenient),
        TypeKind.Int64 => new ParseKernel<long, TextParsing.Whole<long>>(to, a, default, lenient),
        TypeKind.Float32 => new ParseKernel<float, TextParsing.Floats<float>>(to, a, default, lenient),
        TypeKind.Float64 => new ParseKernel<double, TextParsing.Floats<double>>(to, a, default, lenient),
        TypeKind.Decimal => new ParseKernel<Int128, TextParsing.Decimals>(to, a, new((DecimalType)to, rounds), lenient, remedy: CastKernels.Remedy(to, rounds)),
        TypeKind.Date => new ParseKernel<int, TextParsing.Dates>(to, a, default, lenient),
        TypeKind.Time => new ParseKernel<long, TextParsing.Times>(to, a, default, lenient),
        TypeKind.Timestamp => new ParseKernel<long, TextParsing.Timestamps>(to, a, new(zoned: false), lenient),
        TypeKind.Instant => new ParseKernel<long, TextParsing.Timestamps>(to, a, new(zoned: true), lenient),
        TypeKind.Duration => new ParseKernel<long, TextParsing.Durations>(to, a, default, lenient),
        TypeKind.Uuid => new ParseKernel<Guid, TextParsing.Uuids>(to, a, default, lenient),
        _ => null,
    };

    static Kernel? Format(Kernel a) => a.Type.Kind switch
    {
        TypeKind.Boolean => new FormatKernel<bool, TextFormatting.Booleans>(a, default),
        TypeKind.Int16 => new FormatKernel<short, TextFormatting.Whole<short>>(a, default),
        TypeKind.Int32 => new FormatKernel<int, TextFormatting.Whole<int>>(a, default),
        TypeKind.Int64 => new FormatKernel<long, TextFormatting.Whole<long>>(a, default),
        TypeKind.Float32 => new FormatKernel<float, TextFormatting.Floats<float>>(a, default),
        TypeKind.Float64 => new FormatKernel<double, TextFormatting.Floats<double>>(a, default),
        TypeKind.Decimal => new FormatKernel<Int128, TextFormatting.Decimals>(a, new(((DecimalType)a.Type).Scale)),
        TypeKind.Date => new FormatKernel<int, TextFormatting.Dates>(a, default),
        TypeKind.Time or TypeKind.Duration => new FormatKernel<long, TextFormatting.Times>(a, default),
        TypeKind.Timestamp => new FormatKernel<long, TextFormatting.Timestamps>(a, new(zoned: false)),
        TypeKind.Instant => new FormatKernel<long, TextFormatting.Timestamps>(a, new(zoned: true)),
        TypeKind.Uuid => new FormatKernel<Guid, TextFormatting.Uuids>(a, default),
        _ => null,
    };
}

/// <summary>Reads a value from text.</summary>
interface ITextParser<T>
{
    bool Try(ReadOnlySpan<byte> text, out T value);
}

/// <param name="lenient">Whether a text that isn't one becomes null.</param>
/// <param name="pattern">What the text must be, to the last character; without one, spaces around a value don't count.</param>
/// <param name="remedy">What to do about a text that isn't one.</param>
sealed class ParseKernel<T, TParser>(DataType type, Kernel input, TParser parser, bool lenient, string? pattern = null, string? remedy = null) : Kernel(type)
    where T : unmanaged where TParser : struct, ITextParser<T>
{
    readonly TParser parser = parser;

    internal override bool MayFail => !lenient || input.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var x = (BytesColumn)input.Column(rows);
        var result = rows.Rent<T>();
        bool[]? missing = null;
        var f = parser;
        for (var i = 0; i < x.Count; i++)
        {
            result[i] = default;
            if (x.IsNull(i) || f.Try(pattern is null ? x[i].Trim((byte)' ') : x[i], out result[i])) continue;
            if (lenient)
            {
                missing ??= UnaryKernel<bool, bool, NoOp>.Missing(rows, x.NullMarks);
                missing[i] = true;
                continue;
            }
            var text = new Operand(x).Display(i);
            rows.Fail(i, Fault(text));
        }
        return new(new Column<T>(Type, result.AsMemory(0, x.Count), missing is null ? x.NullMarks : missing.AsMemory(0, x.Count)));
    }

    Fault Fault(string text) => pattern is null
        ? new($"isn't {Type}", Expression, text, $"'{text}' isn't {Type} in {Expression}.{remedy ?? " Use a cast that gives null, or let the step reject such rows."}")
        : new($"isn't {pattern}", Expression, text, $"'{text}' isn't a {Type} of the format {pattern} in {Expression}. Use the try form, which gives null, or let the step reject such rows.");
}

readonly struct NoOp : IUnary<bool, bool>
{
    public bool Try(bool value, out bool result) => result = value;
}

/// <summary>Writes a value as text.</summary>
interface ITextFormat<T>
{
    void Write(T value, BytesWriter result);
}

sealed class FormatKernel<T, TFormat>(Kernel input, TFormat format) : Kernel(DataType.Text) where T : unmanaged where TFormat : struct, ITextFormat<T>
{
    readonly TFormat format = format;

    internal override bool MayFail => input.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var x = (Column<T>)input.Column(rows);
        var result = new BytesWriter(Type, rows.Count, rows.Memory, guess: x.Count * 8);
        var f = format;
        var values = x.Values;
        for (var i = 0; i < values.Length; i++)
        {
            if (x.IsNull(i)) continue;
            var start = result.Position;
            f.Write(values[i], result);
            result.Views[i] = result.Since(start);
        }
        return new(result.Column(x.NullMarks));
    }
}

/// <summary>The same bytes under another type.</summary>
sealed class RetypedBytesKernel(DataType type, Kernel input) : Kernel(type)
{
    internal override bool MayFail => input.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var x = input.Run(rows);
        return new(new BytesColumn(Type, x.Bytes.BytesMemory, x.Bytes.ViewsMemory, x.Bytes.NullMarks), x.Constant);
    }
}

/// <summary>The same bytes under another type that takes only some.</summary>
sealed class AcceptedBytesKernel(DataType type, Kernel input, AcceptedBytesKernel.Accepts accepts, bool lenient) : Kernel(type)
{
    internal delegate bool Accepts(ReadOnlySpan<byte> value);

    internal override bool MayFail => !lenient || input.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var x = (BytesColumn)input.Column(rows);
        bool[]? missing = null;
        for (var i = 0; i < x.Count; i++)
        {
            if (x.IsNull(i) || accepts(x[i])) continue;
            if (lenient)
            {
                missing ??= UnaryKernel<bool, bool, NoOp>.Missing(rows, x.NullMarks);
                missing[i] = true;
                continue;
            }
            var value = new Operand(x).Display(i);
            rows.Fail(i, new Fault($"isn't {Type}", Expression, value, $"'{value}' isn't {Type} in {Expression}. Use a cast that gives null, or let the step reject such rows."));
        }
        return new(new BytesColumn(Type, x.BytesMemory, x.ViewsMemory, missing is null ? x.NullMarks : missing.AsMemory(0, x.Count)));
    }
}
