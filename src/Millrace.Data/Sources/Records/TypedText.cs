using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using System.Xml;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// Values that are spelled out in a file, in UTF-8, on their way into a column: numbers as JSON has them, times as
/// ISO 8601 has them.
/// </summary>
static class TypedText
{
    /// <summary>False where the text isn't a value of the column's type; nothing is added then.</summary>
    internal static bool TryAdd(ColumnBuilder to, ReadOnlySpan<byte> text)
    {
        switch (to.Type.Kind)
        {
            case TypeKind.Text:
                if (!Utf8.IsValid(text)) return false;
                ((BytesBuilder)to).Add(text);
                return true;
            case TypeKind.Enum:
                if (!((EnumType)to.Type).Names.Contains(Encoding.UTF8.GetString(text))) return false;
                ((BytesBuilder)to).Add(text);
                return true;
            case TypeKind.Binary:
                return TryBinary((BytesBuilder)to, text);
            case TypeKind.Boolean:
                return NumberText.TryBoolean(text, out var flag) && Add(to, flag);
            case TypeKind.Int16:
                return NumberText.TryInt64(text, out var small) && small is >= short.MinValue and <= short.MaxValue && Add(to, (short)small);
            case TypeKind.Int32:
                return NumberText.TryInt64(text, out var whole) && whole is >= int.MinValue and <= int.MaxValue && Add(to, (int)whole);
            case TypeKind.Int64:
                return NumberText.TryInt64(text, out var large) && Add(to, large);
            case TypeKind.Float32:
                return NumberText.TryFloat32(text, out var single) && Add(to, single);
            case TypeKind.Float64:
                return NumberText.TryFloat64(text, out var real) && Add(to, real);
            case TypeKind.Decimal:
                return NumberText.TryDecimal(text, (DecimalType)to.Type, out var exact) && Add(to, exact);
            case TypeKind.Date:
                return TimeText.TryDate(text, out var days) && Add(to, days);
            case TypeKind.Time:
                return TimeText.TryTime(text, out var time) && Add(to, time);
            case TypeKind.Timestamp:
                return TimeText.TryTimestamp(text, out var stamp) && Add(to, stamp);
            case TypeKind.Instant:
                return TimeText.TryInstant(text, out var instant) && Add(to, instant);
            case TypeKind.Duration:
                return TryDuration(text, out var span) && Add(to, span);
            case TypeKind.Uuid:
                return Guid.TryParse(text, CultureInfo.InvariantCulture, out var id) && Add(to, id);
            default:
                return false;
        }
    }

    static bool Add<T>(ColumnBuilder to, T value) where T : unmanaged
    {
        ((ColumnBuilder<T>)to).Add(value);
        return true;
    }

    static bool TryBinary(BytesBuilder to, ReadOnlySpan<byte> text)
    {
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        if (Base64.DecodeFromUtf8(text, bytes, out _, out var written) != System.Buffers.OperationStatus.Done) return false;
        to.Add(bytes.AsSpan(0, written));
        return true;
    }

    static bool TryDuration(ReadOnlySpan<byte> text, out long microseconds)
    {
        if (TimeText.TryDuration(text, out microseconds)) return true;
        var spelled = Encoding.UTF8.GetString(text);
        // Years and months have no fixed length.
        if (!spelled.TrimStart('-').StartsWith('P') || spelled.Contains('Y', StringComparison.Ordinal) || spelled.Split('T')[0].Contains('M', StringComparison.Ordinal)) return false;
        try
        {
            microseconds = ClrValue.MicrosecondsOf(XmlConvert.ToTimeSpan(spelled));
            return true;
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            return false;
        }
    }
}
