using System.Globalization;
using System.Xml;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Numbers, times and ids as text that any program reads: ISO 8601, a point, no grouping.</summary>
static class ValueSpelling
{
    /// <summary>Writes at most 64 bytes and says how many. The value isn't null, and is of fixed size.</summary>
    internal static int Format(Column column, int row, Span<byte> into)
    {
        var invariant = CultureInfo.InvariantCulture;
        var length = 0;
        var fits = (column, column.Type.Kind) switch
        {
            (Column<int> c, TypeKind.Int32) => c.Values[row].TryFormat(into, out length, default, invariant),
            (Column<long> c, TypeKind.Int64) => c.Values[row].TryFormat(into, out length, default, invariant),
            (Column<short> c, _) => c.Values[row].TryFormat(into, out length, default, invariant),
            (Column<float> c, _) => c.Values[row].TryFormat(into, out length, "R", invariant),
            (Column<double> c, _) => c.Values[row].TryFormat(into, out length, "R", invariant),
            (Column<Int128> c, _) => TryDecimal(c.Values[row], ((DecimalType)column.Type).Scale, into, out length),
            (Column<Guid> c, _) => c.Values[row].TryFormat(into, out length),
            (Column<int> c, TypeKind.Date) => ClrValue.Epoch.AddDays(c.Values[row]).TryFormat(into, out length, "yyyy-MM-dd", invariant),
            (Column<long> c, TypeKind.Time) => new TimeOnly(c.Values[row] * TimeSpan.TicksPerMicrosecond).TryFormat(into, out length, "HH:mm:ss.FFFFFF", invariant),
            (Column<long> c, TypeKind.Timestamp) => ClrValue.DateTimeOf(c.Values[row]).TryFormat(into, out length, "yyyy-MM-dd'T'HH:mm:ss.FFFFFF", invariant),
            (Column<long> c, TypeKind.Instant) => ClrValue.DateTimeOf(c.Values[row]).TryFormat(into, out length, "yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", invariant),
            (Column<long> c, TypeKind.Duration) => System.Text.Encoding.UTF8.TryGetBytes(XmlConvert.ToString(new TimeSpan(c.Values[row] * TimeSpan.TicksPerMicrosecond)), into, out length),
            (Column<bool> c, _) => (c.Values[row] ? "true"u8 : "false"u8).TryCopyTo(into) && (length = c.Values[row] ? 4 : 5) > 0,
            _ => throw new PlanException($"{column.Type} isn't a value of fixed size."),
        };
        return fits ? length : throw new InvalidOperationException($"A {column.Type} took more than {into.Length} bytes.");
    }

    static bool TryDecimal(Int128 unscaled, int scale, Span<byte> into, out int length)
    {
        if (scale == 0) return unscaled.TryFormat(into, out length, default, CultureInfo.InvariantCulture);
        Span<byte> digits = stackalloc byte[48];
        UInt128.CreateChecked(Int128.Abs(unscaled)).TryFormat(digits, out var count, default, CultureInfo.InvariantCulture);
        length = 0;
        if (into.Length < count + scale + 3) return false;
        if (unscaled < 0) into[length++] = (byte)'-';
        var whole = Math.Max(count - scale, 0);
        if (whole == 0) into[length++] = (byte)'0';
        digits[..whole].CopyTo(into[length..]);
        length += whole;
        into[length++] = (byte)'.';
        for (var i = count; i < scale; i++) into[length++] = (byte)'0';
        digits[whole..count].CopyTo(into[length..]);
        length += count - whole;
        return true;
    }
}
