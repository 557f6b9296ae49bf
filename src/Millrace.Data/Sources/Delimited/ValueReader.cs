using System.Buffers.Text;
using System.Runtime.CompilerServices;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Reads values of a fixed size. The parser is a struct, so that each kind gets a loop of its own with the parser inside.</summary>
sealed class ValueReader<T, TParser>(TParser parser) : ColumnReader
    where T : unmanaged
    where TParser : struct, IFieldParser<T>
{
    internal override bool CanRead(ReadOnlySpan<byte> text) => parser.TryParse(text, out _);

    internal override bool TryAdd(ColumnBuilder to, ReadOnlySpan<byte> text)
    {
        if (!parser.TryParse(text.Trim(Blanks), out var value)) return false;
        ((ColumnBuilder<T>)to).Add(value);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal override Column Read(Fields fields)
    {
        var views = fields.Views.Span;
        var bytes = fields.Bytes;
        var values = fields.Memory.Rent<T>(Math.Max(1, views.Length));
        var nulls = fields.Nulls.Span;
        for (var row = 0; row < views.Length; row++)
        {
            if (nulls.Length > 0 && nulls[row])
            {
                values[row] = default;
                continue;
            }
            var view = views[row];
            var text = bytes.Slice(view.Start, view.Length);
            if (parser.TryParse(text, out var value) || (HasBlanks(text) && parser.TryParse(text.Trim(Blanks), out value)))
            {
                values[row] = value;
                continue;
            }
            values[row] = default;
            fields.SetUnfit(row, view);
            nulls = fields.Nulls.Span;
        }
        return new Column<T>(fields.Field.Type, values.AsMemory(0, views.Length), fields.Nulls);
    }

    static ReadOnlySpan<byte> Blanks => " \t"u8;

    static bool HasBlanks(ReadOnlySpan<byte> text) => text.Length > 0 && (text[0] is (byte)' ' or (byte)'\t' || text[^1] is (byte)' ' or (byte)'\t');
}

interface IFieldParser<T>
{
    bool TryParse(ReadOnlySpan<byte> text, out T value);
}

readonly struct BooleanText : IFieldParser<bool>
{
    public bool TryParse(ReadOnlySpan<byte> text, out bool value) => NumberText.TryBoolean(text, out value);
}

readonly struct Int16Text : IFieldParser<short>
{
    public bool TryParse(ReadOnlySpan<byte> text, out short value)
    {
        var isWhole = NumberText.TryInt64(text, out var whole);
        value = (short)whole;
        return isWhole && value == whole;
    }
}

readonly struct Int32Text : IFieldParser<int>
{
    public bool TryParse(ReadOnlySpan<byte> text, out int value)
    {
        var isWhole = NumberText.TryInt64(text, out var whole);
        value = (int)whole;
        return isWhole && value == whole;
    }
}

readonly struct Int64Text : IFieldParser<long>
{
    public bool TryParse(ReadOnlySpan<byte> text, out long value) => NumberText.TryInt64(text, out value);
}

readonly struct Float32Text : IFieldParser<float>
{
    public bool TryParse(ReadOnlySpan<byte> text, out float value) => NumberText.TryFloat32(text, out value);
}

readonly struct Float64Text : IFieldParser<double>
{
    public bool TryParse(ReadOnlySpan<byte> text, out double value) => NumberText.TryFloat64(text, out value);
}

readonly struct DecimalText(DecimalType type) : IFieldParser<Int128>
{
    public bool TryParse(ReadOnlySpan<byte> text, out Int128 value) => NumberText.TryDecimal(text, type, out value);
}

/// <summary>A number whose decimals stand behind a comma.</summary>
readonly struct CommaText<T, TParser>(TParser parser) : IFieldParser<T> where TParser : struct, IFieldParser<T>
{
    const int Longest = 512;

    public bool TryParse(ReadOnlySpan<byte> text, out T value)
    {
        value = default!;
        if (text.Length > Longest || text.Contains((byte)'.')) return false;
        Span<byte> pointed = stackalloc byte[text.Length];
        text.Replace(pointed, (byte)',', (byte)'.');
        return parser.TryParse(pointed, out value);
    }
}

readonly struct DateText : IFieldParser<int>
{
    public bool TryParse(ReadOnlySpan<byte> text, out int value) => TimeText.TryDate(text, out value);
}

readonly struct ClockText : IFieldParser<long>
{
    public bool TryParse(ReadOnlySpan<byte> text, out long value) => TimeText.TryTime(text, out value);
}

readonly struct TimestampText : IFieldParser<long>
{
    public bool TryParse(ReadOnlySpan<byte> text, out long value) => TimeText.TryTimestamp(text, out value);
}

readonly struct InstantText : IFieldParser<long>
{
    public bool TryParse(ReadOnlySpan<byte> text, out long value) => TimeText.TryInstant(text, out value);
}

readonly struct DurationText : IFieldParser<long>
{
    public bool TryParse(ReadOnlySpan<byte> text, out long value) => TimeText.TryDuration(text, out value);
}

readonly struct UuidText : IFieldParser<Guid>
{
    public bool TryParse(ReadOnlySpan<byte> text, out Guid value) => Utf8Parser.TryParse(text, out value, out var used) && used == text.Length;
}

readonly struct DatePattern(string pattern) : IFieldParser<int>
{
    public bool TryParse(ReadOnlySpan<byte> text, out int value)
    {
        var isDate = TimeText.TryFormatted(text, pattern, out var date);
        value = ClrValue.DaysOf(DateOnly.FromDateTime(date));
        return isDate;
    }
}

readonly struct TimePattern(string pattern) : IFieldParser<long>
{
    public bool TryParse(ReadOnlySpan<byte> text, out long value)
    {
        var isTime = TimeText.TryFormatted(text, pattern, out var time);
        value = time.TimeOfDay.Ticks / TimeSpan.TicksPerMicrosecond;
        return isTime;
    }
}

readonly struct TimestampPattern(string pattern) : IFieldParser<long>
{
    public bool TryParse(ReadOnlySpan<byte> text, out long value)
    {
        var isTime = TimeText.TryFormatted(text, pattern, out var time);
        value = ClrValue.MicrosecondsOf(time);
        return isTime;
    }
}
