using System.Globalization;

namespace Millrace.Plans;

/// <summary>
/// The one place where .NET's values and the stored ones meet: <c>decimal</c> and a scaled <c>Int128</c>, <c>DateOnly</c>
/// and days, <c>DateTime</c> and microseconds.
/// </summary>
static class ClrValue
{
    internal static readonly DateOnly Epoch = new(1970, 1, 1);

    internal static object FromPhysical<T>(DataType type, T value) where T : unmanaged => type.Kind switch
    {
        TypeKind.Date => Epoch.AddDays((int)(object)value),
        TypeKind.Time => new TimeOnly((long)(object)value * TimeSpan.TicksPerMicrosecond),
        TypeKind.Timestamp => DateTimeOf((long)(object)value),
        TypeKind.Instant => new DateTimeOffset(DateTimeOf((long)(object)value), TimeSpan.Zero),
        TypeKind.Duration => new TimeSpan((long)(object)value * TimeSpan.TicksPerMicrosecond),
        TypeKind.Decimal => ToDecimal((Int128)(object)value, ((DecimalType)type).Scale),
        _ => value,
    };

    /// <summary>The value as a column of that type holds it; null where it isn't one or doesn't fit.</summary>
    internal static object? TryPhysical(DataType type, object value) => (type.Kind, value) switch
    {
        (TypeKind.Boolean, bool) => value,
        (TypeKind.Int16 or TypeKind.Int32 or TypeKind.Int64, sbyte or byte or short or ushort or int or uint or long or ulong or char) => Integer(type.Kind, value),
        (TypeKind.Float32, float) or (TypeKind.Float64, double) => value,
        (TypeKind.Float32, sbyte or byte or short or ushort) => Convert.ToSingle(value, CultureInfo.InvariantCulture),
        (TypeKind.Float64, float or sbyte or byte or short or ushort or int or uint) => Convert.ToDouble(value, CultureInfo.InvariantCulture),
        (TypeKind.Decimal, decimal d) => TryScale(d, (DecimalType)type, out var unscaled) ? unscaled : null,
        (TypeKind.Decimal, Int128 unscaled) => unscaled,
        (TypeKind.Decimal, sbyte or byte or short or ushort or int or uint or long or ulong) =>
            TryScale(Convert.ToDecimal(value, CultureInfo.InvariantCulture), (DecimalType)type, out var unscaled) ? unscaled : null,
        (TypeKind.Date, DateOnly d) => DaysOf(d),
        (TypeKind.Time, TimeOnly t) => t.Ticks / TimeSpan.TicksPerMicrosecond,
        (TypeKind.Timestamp, DateTime t) => MicrosecondsOf(t),
        (TypeKind.Instant, DateTimeOffset t) => MicrosecondsOf(t),
        (TypeKind.Instant, DateTime { Kind: DateTimeKind.Utc } t) => MicrosecondsOf(t),
        (TypeKind.Duration, TimeSpan span) => MicrosecondsOf(span),
        (TypeKind.Uuid, Guid) => value,
        _ => null,
    };

    static object? Integer(TypeKind kind, object value)
    {
        var whole = value switch { ulong u => (Int128)u, char c => c, _ => Convert.ToInt64(value, CultureInfo.InvariantCulture) };
        return kind switch
        {
            TypeKind.Int16 when whole >= short.MinValue && whole <= short.MaxValue => (short)whole,
            TypeKind.Int32 when whole >= int.MinValue && whole <= int.MaxValue => (int)whole,
            TypeKind.Int64 when whole >= long.MinValue && whole <= long.MaxValue => (long)whole,
            _ => null,
        };
    }

    internal static DateTime DateTimeOf(long microseconds) =>
        DateTime.SpecifyKind(DateTime.UnixEpoch.AddTicks(checked(microseconds * TimeSpan.TicksPerMicrosecond)), DateTimeKind.Unspecified);

    internal static long MicrosecondsOf(DateTime time) => Floor(time.Ticks - DateTime.UnixEpoch.Ticks);

    internal static long MicrosecondsOf(DateTimeOffset time) => Floor(time.UtcTicks - DateTime.UnixEpoch.Ticks);

    internal static long MicrosecondsOf(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    internal static int DaysOf(DateOnly date) => date.DayNumber - Epoch.DayNumber;

    /// <exception cref="OverflowException">.NET's decimal holds 28 digits, the column up to 38.</exception>
    internal static decimal ToDecimal(Int128 unscaled, int scale)
    {
        if (scale <= 28 && Int128.Abs(unscaled) <= MaxMantissa) return WithScale(unscaled, scale);
        // More digits than the mantissa holds: those behind the point that are zero cost nothing.
        while (scale > 0 && unscaled % 10 == 0)
        {
            unscaled /= 10;
            scale--;
        }
        if (scale <= 28 && Int128.Abs(unscaled) <= MaxMantissa) return WithScale(unscaled, scale);
        throw new OverflowException($"{unscaled}e-{scale} has more digits than .NET's decimal holds. Cast the column to fewer digits.");
    }

    /// <summary>The value at that scale; false where it has more digits than the type.</summary>
    internal static bool TryScale(decimal value, DecimalType type, out Int128 unscaled)
    {
        var scale = value.Scale;
        var bits = (stackalloc int[4]);
        decimal.GetBits(value, bits);
        unscaled = (Int128)(((UInt128)(uint)bits[2] << 64) | ((UInt128)(uint)bits[1] << 32) | (uint)bits[0]);
        for (; scale > type.Scale; scale--)
        {
            if (unscaled % 10 != 0) return false;
            unscaled /= 10;
        }
        var limit = PowerOfTen(type.Precision);
        for (; scale < type.Scale; scale++)
        {
            unscaled *= 10;
            if (unscaled >= limit) return false;
        }
        if (bits[3] < 0) unscaled = -unscaled;
        return Int128.Abs(unscaled) < limit;
    }

    /// <summary>10 to that power, 0 to 38.</summary>
    internal static Int128 PowerOfTen(int power)
    {
        Int128 value = 1;
        for (; power > 0; power--) value *= 10;
        return value;
    }

    /// <summary>A value as it reads in a message: invariant, and short.</summary>
    internal static string Display(object? value) => value switch
    {
        null => "null",
        DateTime t => t.ToString("yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        DateTimeOffset t => t.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture),
        DateOnly d => d.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        TimeOnly t => t.ToString("HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        byte[] bytes => $"0x{Convert.ToHexString(bytes)}",
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    static readonly Int128 MaxMantissa = new(0xFFFF_FFFF, ulong.MaxValue);

    static decimal WithScale(Int128 unscaled, int scale)
    {
        var magnitude = (UInt128)Int128.Abs(unscaled);
        return new decimal((int)(uint)magnitude, (int)(uint)(magnitude >> 32), (int)(uint)(magnitude >> 64), unscaled < 0, (byte)scale);
    }

    static long Floor(long ticks) => ticks >= 0 ? ticks / TimeSpan.TicksPerMicrosecond : (ticks - (TimeSpan.TicksPerMicrosecond - 1)) / TimeSpan.TicksPerMicrosecond;
}
