using System.Globalization;
using System.Text;

namespace Millrace.Plans;

/// <summary>Dates and times, read and written by a pattern.</summary>
static class MomentFormatKernels
{
    static readonly byte[][] months = [.. CultureInfo.InvariantCulture.DateTimeFormat.MonthNames.Take(12).Select(Encoding.UTF8.GetBytes)];
    static readonly byte[][] days = [.. CultureInfo.InvariantCulture.DateTimeFormat.DayNames.Select(Encoding.UTF8.GetBytes)];

    internal static Kernel? TryCompile(string name, DataType type, Kernel[] a)
    {
        switch (name)
        {
            case "format_time":
                var written = MomentFormat.ToWrite(Text(a[1]), a[0].Type);
                return a[0].Type.Kind == TypeKind.Date
                    ? new FormatKernel<int, Writer>(a[0], new(written))
                    : new FormatKernel<long, Writer>(a[0], new(written));
            case "parse_date" or "parse_time" or "parse_timestamp" or "try_parse_date" or "try_parse_time" or "try_parse_timestamp":
                var read = MomentFormat.ToRead(Text(a[1]), type);
                var lenient = name.StartsWith("try_", StringComparison.Ordinal);
                return type.Kind == TypeKind.Date
                    ? new ParseKernel<int, Reader>(type, a[0], new(read), lenient, read.Text)
                    : new ParseKernel<long, Reader>(type, a[0], new(read), lenient, read.Text);
            default:
                return null;
        }
    }

    static string Text(Kernel format) =>
        format is ConstantKernel { IsNull: false, Value: BytesColumn value } ? (string)value.ValueAt(0)! : throw new PlanException("The format of a date or time must be a constant.");

    readonly struct Reader(MomentFormat pattern) : ITextParser<int>, ITextParser<long>
    {
        public bool Try(ReadOnlySpan<byte> text, out int value)
        {
            var fits = Moment.TryRead(text, pattern, out var moment) && moment.Exists;
            value = fits ? (int)moment.Days : 0;
            return fits;
        }

        public bool Try(ReadOnlySpan<byte> text, out long value)
        {
            var fits = Moment.TryRead(text, pattern, out var moment) && moment.Exists;
            value = fits ? moment.Days * Calendar.Day + moment.Clock : 0;
            return fits;
        }
    }

    readonly struct Writer(MomentFormat pattern) : ITextFormat<int>, ITextFormat<long>
    {
        public void Write(int value, BytesWriter result) => Write(value, 0, result);

        public void Write(long value, BytesWriter result)
        {
            var day = Calendar.DayOf(value);
            Write(day, value - day * Calendar.Day, result);
        }

        void Write(long day, long clock, BytesWriter result)
        {
            var date = Calendar.DateOf(day);
            foreach (var part in pattern.Parts)
            {
                switch (part.Field)
                {
                    case MomentField.Literal: result.AppendText(part.Literal); break;
                    case MomentField.Year: TextFormatting.Padded(part.Width == 2 ? date.Year % 100 : date.Year, part.Width, result); break;
                    case MomentField.Month: TextFormatting.Padded(date.Month, part.Width, result); break;
                    case MomentField.MonthName: result.Append(Name(months[date.Month - 1], part.Width)); break;
                    case MomentField.Day: TextFormatting.Padded(date.Day, part.Width, result); break;
                    case MomentField.DayName: result.Append(Name(days[(Calendar.WeekdayOf(day) + 1) % 7], part.Width)); break;
                    case MomentField.Hour: TextFormatting.Padded(clock / Calendar.Hour, part.Width, result); break;
                    case MomentField.HalfDayHour: TextFormatting.Padded((clock / Calendar.Hour + 11) % 12 + 1, part.Width, result); break;
                    case MomentField.HalfDay: result.Append(clock < Calendar.Day / 2 ? "AM"u8 : "PM"u8); break;
                    case MomentField.Minute: TextFormatting.Padded(clock / Calendar.Minute % 60, part.Width, result); break;
                    case MomentField.Second: TextFormatting.Padded(clock / Calendar.Second % 60, part.Width, result); break;
                    default: TextFormatting.Padded(clock % Calendar.Second / Power(6 - part.Width), part.Width, result); break;
                }
            }
        }

        static ReadOnlySpan<byte> Name(byte[] name, int width) => width == 3 ? name.AsSpan(0, 3) : name;
    }

    static long Power(int ten) => ten switch { 0 => 1, 1 => 10, 2 => 100, 3 => 1000, 4 => 10_000, _ => 100_000 };

    /// <summary>What a text says, part by part; what it doesn't say is the first that there is.</summary>
    struct Moment
    {
        int year, month, day, hour, minute, second;
        long fraction;
        bool afternoon, halves;

        internal readonly bool Exists => year >= 1 && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month)
            && hour <= (halves ? 12 : 23) && minute <= 59 && second <= 59;

        internal readonly long Days => Calendar.DaysOf(year, month, day);

        internal readonly long Clock => (halves ? hour % 12 + (afternoon ? 12 : 0) : hour) * Calendar.Hour + minute * Calendar.Minute + second * Calendar.Second + fraction;

        internal static bool TryRead(ReadOnlySpan<byte> text, MomentFormat pattern, out Moment moment)
        {
            // A time of day is one of the day that columns count from.
            moment = new Moment { year = 1970, month = 1, day = 1 };
            foreach (var part in pattern.Parts)
                if (!moment.Take(part, ref text)) return false;
            return text.IsEmpty;
        }

        bool Take(MomentPart part, ref ReadOnlySpan<byte> text)
        {
            switch (part.Field)
            {
                case MomentField.Literal: return Literal(part.Literal, ref text);
                case MomentField.Year:
                    if (!Digits(part.Width, part.Width, ref text, out year)) return false;
                    // As .NET's invariant calendar has it.
                    if (part.Width == 2) year += year < 50 ? 2000 : 1900;
                    return true;
                case MomentField.Month: return Digits(part.Width, 2, ref text, out month);
                case MomentField.MonthName: return MonthName(part.Width, ref text);
                case MomentField.Day: return Digits(part.Width, 2, ref text, out day);
                case MomentField.Hour: return Digits(part.Width, 2, ref text, out hour);
                case MomentField.HalfDayHour: halves = true; return Digits(part.Width, 2, ref text, out hour);
                case MomentField.HalfDay: return HalfDay(ref text);
                case MomentField.Minute: return Digits(part.Width, 2, ref text, out minute);
                case MomentField.Second: return Digits(part.Width, 2, ref text, out second);
                default:
                    var read = Digits(part.Width, part.Width, ref text, out var digits);
                    fraction = digits * Power(6 - part.Width);
                    return read;
            }
        }

        static bool Literal(string literal, ref ReadOnlySpan<byte> text)
        {
            var bytes = Encoding.UTF8.GetBytes(literal);
            if (!text.StartsWith(bytes)) return false;
            text = text[bytes.Length..];
            return true;
        }

        static bool Digits(int least, int most, ref ReadOnlySpan<byte> text, out int value)
        {
            value = 0;
            var count = 0;
            for (; count < most && count < text.Length && text[count] is >= (byte)'0' and <= (byte)'9'; count++) value = value * 10 + text[count] - '0';
            text = text[count..];
            return count >= least;
        }

        bool MonthName(int width, ref ReadOnlySpan<byte> text)
        {
            for (var i = 0; i < months.Length; i++)
            {
                var name = width == 3 ? months[i].AsSpan(0, 3) : months[i];
                if (text.Length < name.Length || !Ascii.EqualsIgnoreCase(text[..name.Length], name)) continue;
                month = i + 1;
                text = text[name.Length..];
                return true;
            }
            return false;
        }

        bool HalfDay(ref ReadOnlySpan<byte> text)
        {
            if (text.Length < 2 || !(Ascii.EqualsIgnoreCase(text[..2], "AM"u8) || Ascii.EqualsIgnoreCase(text[..2], "PM"u8))) return false;
            afternoon = text[0] is (byte)'P' or (byte)'p';
            text = text[2..];
            return true;
        }
    }
}
