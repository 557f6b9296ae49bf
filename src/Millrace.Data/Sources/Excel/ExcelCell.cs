using System.Globalization;
using System.Text;
using Millrace.Plans;

namespace Millrace.Data;

enum ExcelCellKind : byte { Empty, Number, Text, Boolean, Error }

/// <summary>What a number's format says that it is.</summary>
enum ExcelFormat : byte { Number, Date, Time, Timestamp, Duration }

/// <summary>A cell as it lies in the sheet.</summary>
/// <param name="Raw">A number as it is written, a text, <c>1</c> for true, or an error's name.</param>
readonly record struct ExcelCell(ExcelCellKind Kind, string Raw, ExcelFormat Format)
{
    const double MicrosecondsOfDay = 86_400_000_000d;

    internal void AddTo(TypeEvidence evidence, long line, bool from1904)
    {
        var number = Number ?? double.NaN;
        switch (Kind)
        {
            case ExcelCellKind.Boolean:
                evidence.AddBoolean(line, Raw == "1" ? "true"u8 : "false"u8);
                break;
            case ExcelCellKind.Text when Raw.Length > 0:
                evidence.AddText(Encoding.UTF8.GetBytes(Raw), line);
                break;
            case ExcelCellKind.Number when double.IsNaN(number) || Format == ExcelFormat.Number:
                evidence.AddNumber(Encoding.UTF8.GetBytes(Whole is { } whole ? whole.ToString(CultureInfo.InvariantCulture) : Raw), line);
                break;
            case ExcelCellKind.Number when Format == ExcelFormat.Time && number < 1:
                evidence.AddTime(line);
                break;
            case ExcelCellKind.Number when Format == ExcelFormat.Duration:
                evidence.AddDuration(line);
                break;
            case ExcelCellKind.Number when Format == ExcelFormat.Date && number == Math.Floor(number) && Timestamp(number, from1904) is not null:
                evidence.AddDate(line);
                break;
            case ExcelCellKind.Number:
                evidence.AddTimestamp(line);
                break;
            default:
                evidence.AddNull();
                break;
        }
    }

    /// <summary>Null where the value was added; otherwise why it can't be.</summary>
    internal Problem? AddTo(ColumnBuilder to, Field field, bool from1904)
    {
        var kind = field.Type.Kind;
        switch (Kind)
        {
            case ExcelCellKind.Error:
                return new Problem("error in cell", field.Name, Raw, $"the cell of column '{field.Name}' shows the error {Raw}");
            case ExcelCellKind.Empty:
            case ExcelCellKind.Text when Raw.Length == 0 && kind != TypeKind.Text:
                if (!field.Nullable) return Problem.Missing(field.Name);
                to.AddNull();
                return null;
            case ExcelCellKind.Boolean when kind == TypeKind.Boolean:
                ((ColumnBuilder<bool>)to).Add(Raw == "1");
                return null;
            case ExcelCellKind.Boolean:
                return kind == TypeKind.Text ? AddText(to, field, Raw == "1" ? "true" : "false") : NotOf(field, Raw == "1" ? "true" : "false");
            case ExcelCellKind.Text:
                return AddText(to, field, kind == TypeKind.Text ? Raw : Raw.Trim());
            default:
                return AddNumber(to, field, from1904);
        }
    }

    Problem? AddNumber(ColumnBuilder to, Field field, bool from1904)
    {
        if (Number is not { } number) return NotOf(field, Raw);
        switch (field.Type.Kind)
        {
            case TypeKind.Int16 or TypeKind.Int32 or TypeKind.Int64:
                return Whole is { } whole ? AddText(to, field, whole.ToString(CultureInfo.InvariantCulture)) : NotOf(field, Raw);
            case TypeKind.Decimal:
                // Excel counts in doubles and shows 15 digits of them: those are the number that people see.
                return AddText(to, field, number.ToString("G15", CultureInfo.InvariantCulture));
            case TypeKind.Date:
                if (number != Math.Floor(number) || Timestamp(number, from1904) is not { } midnight) return NotOf(field, Raw);
                ((ColumnBuilder<int>)to).Add((int)Math.Floor(midnight / MicrosecondsOfDay));
                return null;
            case TypeKind.Timestamp or TypeKind.Instant:
                if (Timestamp(number, from1904) is not { } stamp) return NotOf(field, Raw);
                ((ColumnBuilder<long>)to).Add(stamp);
                return null;
            case TypeKind.Time:
                if (number is < 0 or >= 1) return NotOf(field, Raw);
                ((ColumnBuilder<long>)to).Add(Math.Min(Milliseconds(number), 86_399_999) * 1_000);
                return null;
            case TypeKind.Duration:
                if (Math.Abs(number) > 1_000_000_000) return NotOf(field, Raw);
                ((ColumnBuilder<long>)to).Add(Milliseconds(number) * 1_000);
                return null;
            case TypeKind.Text when Format is ExcelFormat.Date or ExcelFormat.Timestamp && Timestamp(number, from1904) is { } time:
                return AddText(to, field, ClrValue.DateTimeOf(time).ToString(Format == ExcelFormat.Date ? "yyyy-MM-dd" : "yyyy-MM-dd'T'HH:mm:ss.FFF", CultureInfo.InvariantCulture));
            case TypeKind.Text:
                return AddText(to, field, Whole is { } id ? id.ToString(CultureInfo.InvariantCulture) : Raw);
            default:
                return AddText(to, field, Raw);
        }
    }

    static Problem? AddText(ColumnBuilder to, Field field, string text)
    {
        if (TypedText.TryAdd(to, Encoding.UTF8.GetBytes(text))) return null;
        return NotOf(field, text);
    }

    static Problem NotOf(Field field, string text) => Problem.NotOf(field, field.Name, Encoding.UTF8.GetBytes(text));

    double? Number => double.TryParse(Raw, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    long? Whole => long.TryParse(Raw, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole
        : Number is { } number && number == Math.Floor(number) && Math.Abs(number) < 1L << 53 ? (long)number : null;

    // Doubles hold days to a little less than a microsecond: what is meant is the millisecond next to it.
    static long Milliseconds(double days) => (long)Math.Round(days * 86_400_000);

    /// <summary>Microseconds since 1970 of Excel's count of days; null beyond the calendar.</summary>
    static long? Timestamp(double days, bool from1904)
    {
        if (days is < 0 or >= 2_958_466) return null;
        // Excel's 1900 has a 29th of February: the days before it are counted from one day later. Day 60 is that day.
        if (!from1904 && days is >= 60 and < 61) return null;
        var start = from1904 ? -24_107 : days < 60 ? -25_568 : -25_569;
        return Milliseconds(days + start) * 1_000;
    }
}
