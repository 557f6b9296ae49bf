using System.Buffers.Text;
using System.Globalization;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// Columns as text: what <see cref="NumberText"/> and <see cref="TimeText"/> read back as the same values. Numbers are
/// written with the fewest digits that say them, times as ISO 8601.
/// </summary>
static class ValueText
{
    /// <exception cref="PlanException">A nested type has no place in a line of text.</exception>
    internal static void MustBeFlat(Schema schema)
    {
        foreach (var field in schema)
        {
            if (field.Type.IsNested) throw new PlanException($"A file of delimited text can't hold '{field}'. Flatten it, or write JSON or Parquet.");
        }
    }

    /// <summary>The same column with its values as UTF-8.</summary>
    internal static BytesColumn Of(Column column, BatchMemory memory) => column switch
    {
        BytesColumn bytes when column.Type.Kind != TypeKind.Binary => bytes,
        BytesColumn bytes => Hex(bytes, memory),
        Column<bool> c => Write(c, memory, 5, static (value, to, _) =>
        {
            var word = value ? "true"u8 : "false"u8;
            word.CopyTo(to);
            return word.Length;
        }),
        Column<short> c => Write(c, memory, 6, static (value, to, _) => Digits(value, to)),
        Column<int> c when c.Type.Kind == TypeKind.Date => Write(c, memory, 10, static (value, to, _) => Date(value, to)),
        Column<int> c => Write(c, memory, 11, static (value, to, _) => Digits(value, to)),
        Column<long> c when c.Type.Kind == TypeKind.Int64 => Write(c, memory, 20, static (value, to, _) => Digits(value, to)),
        Column<long> c => Write(c, memory, 32, TimeWriter(c.Type.Kind)),
        Column<float> c => Write(c, memory, 32, static (value, to, _) => Number(value, to)),
        Column<double> c => Write(c, memory, 32, static (value, to, _) => Number(value, to)),
        Column<Int128> c => Write(c, memory, 42, static (value, to, type) => Scaled(value, ((DecimalType)type).Scale, to)),
        Column<Guid> c => Write(c, memory, 36, static (value, to, _) => Utf8Formatter.TryFormat(value, to, out var n) ? n : throw new InvalidOperationException()),
        _ => throw new PlanException($"A file of delimited text can't hold a {column.Type}."),
    };

    delegate int Writer<T>(T value, Span<byte> to, DataType type);

    static BytesColumn Write<T>(Column<T> column, BatchMemory memory, int longest, Writer<T> write) where T : unmanaged
    {
        var views = memory.Rent<BytesView>(column.Count);
        var bytes = memory.Rent<byte>(Math.Max(1, checked(column.Count * longest)));
        var values = column.Values;
        var nulls = column.Nulls;
        var used = 0;
        for (var row = 0; row < values.Length; row++)
        {
            var length = nulls.Length > 0 && nulls[row] ? 0 : write(values[row], bytes.AsSpan(used), column.Type);
            views[row] = new BytesView(used, length);
            used += length;
        }
        return new BytesColumn(DataType.Text, bytes.AsMemory(0, used), views.AsMemory(0, column.Count), column.NullMarks);
    }

    static BytesColumn Hex(BytesColumn column, BatchMemory memory)
    {
        var views = memory.Rent<BytesView>(column.Count);
        var total = 0;
        foreach (var view in column.Views) total = checked(total + (view.Length * 2) + 2);
        var bytes = memory.Rent<byte>(Math.Max(1, total));
        var used = 0;
        for (var row = 0; row < column.Count; row++)
        {
            var start = used;
            if (!column.IsNull(row))
            {
                "0x"u8.CopyTo(bytes.AsSpan(used));
                Convert.TryToHexString(column[row], bytes.AsSpan(used + 2), out var written);
                used += written + 2;
            }
            views[row] = new BytesView(start, used - start);
        }
        return new BytesColumn(DataType.Text, bytes.AsMemory(0, used), views.AsMemory(0, column.Count), column.NullMarks);
    }

    static int Digits(long value, Span<byte> to) => Utf8Formatter.TryFormat(value, to, out var count) ? count : throw new InvalidOperationException();

    static int Number<T>(T value, Span<byte> to) where T : IUtf8SpanFormattable =>
        value.TryFormat(to, out var count, default, CultureInfo.InvariantCulture) ? count : throw new InvalidOperationException();

    static int Scaled(Int128 value, int scale, Span<byte> to)
    {
        Span<byte> digits = stackalloc byte[48];
        var negative = value < 0;
        var rest = (UInt128)(negative ? -value : value);
        var at = digits.Length;
        for (var written = 0; rest != 0 || written <= scale; written++)
        {
            if (written == scale && scale > 0) digits[--at] = (byte)'.';
            if (rest <= ulong.MaxValue)
            {
                // Divisions of 64 bits cost a fraction of those of 128.
                var small = (ulong)rest;
                digits[--at] = (byte)('0' + (small % 10));
                rest = small / 10;
                continue;
            }
            var next = rest / 10;
            digits[--at] = (byte)('0' + (int)(rest - (next * 10)));
            rest = next;
        }
        if (negative) digits[--at] = (byte)'-';
        digits[at..].CopyTo(to);
        return digits.Length - at;
    }

    static Writer<long> TimeWriter(TypeKind kind) => kind switch
    {
        TypeKind.Time => static (value, to, _) => Clock(value, to),
        TypeKind.Duration => static (value, to, _) => Number(new TimeSpan(value * TimeSpan.TicksPerMicrosecond), to),
        TypeKind.Instant => static (value, to, _) =>
        {
            var count = Moment(value, to);
            to[count] = (byte)'Z';
            return count + 1;
        },
        _ => static (value, to, _) => Moment(value, to),
    };

    const long MicrosecondsOfDay = TimeSpan.TicksPerDay / TimeSpan.TicksPerMicrosecond;

    static int Moment(long microseconds, Span<byte> to)
    {
        var days = (int)Math.DivRem(microseconds, MicrosecondsOfDay, out var clock);
        if (clock < 0) (days, clock) = (days - 1, clock + MicrosecondsOfDay);
        var count = Date(days, to);
        to[count] = (byte)'T';
        return count + 1 + Clock(clock, to[(count + 1)..]);
    }

    static int Date(int days, Span<byte> to)
    {
        var (year, month, day) = ClrValue.Epoch.AddDays(days);
        Two(year / 100, to);
        Two(year % 100, to[2..]);
        to[4] = to[7] = (byte)'-';
        Two(month, to[5..]);
        Two(day, to[8..]);
        return 10;
    }

    static int Clock(long microseconds, Span<byte> to)
    {
        var (seconds, fraction) = Math.DivRem(microseconds, 1_000_000);
        Two((int)(seconds / 3600), to);
        Two((int)(seconds / 60 % 60), to[3..]);
        Two((int)(seconds % 60), to[6..]);
        to[2] = to[5] = (byte)':';
        if (fraction == 0) return 8;
        to[8] = (byte)'.';
        var count = 15;
        for (var at = 14; at > 8; at--, fraction /= 10) to[at] = (byte)('0' + (fraction % 10));
        while (to[count - 1] == '0') count--;
        return count;
    }

    static void Two(int value, Span<byte> to)
    {
        to[0] = (byte)('0' + (value / 10));
        to[1] = (byte)('0' + (value % 10));
    }
}
