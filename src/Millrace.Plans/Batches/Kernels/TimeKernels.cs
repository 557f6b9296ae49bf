namespace Millrace.Plans;

/// <summary>Functions of dates and times. Dates are days, all others microseconds.</summary>
static class TimeKernels
{
    internal static Kernel? TryCompile(string name, DataType type, Kernel[] a)
    {
        switch (name)
        {
            case "year" or "quarter" or "month" or "week" or "day" or "day_of_week" or "day_of_year":
                return DatePart(name, AsDate(a[0]));
            case "hour":
                return new UnaryKernel<long, int, ClockPart>(type, a[0], new(Calendar.Hour, 24));
            case "minute":
                return new UnaryKernel<long, int, ClockPart>(type, a[0], new(Calendar.Minute, 60));
            case "second":
                return new UnaryKernel<long, int, ClockPart>(type, a[0], new(Calendar.Second, 60));
            case "truncate_to":
                return Truncated(a[0], Text(a[1], "The unit to truncate to"));
            case "add_months":
                var months = KernelCompiler.Coerce(a[1], DataType.Int64);
                return a[0].Type.Kind == TypeKind.Date
                    ? new BinaryKernel<int, long, int, MonthsOnDate>(type, a[0], months, default, mayFail: true)
                    : new BinaryKernel<long, long, long, MonthsOnTime>(type, a[0], months, default, mayFail: true);
            case "to_duration":
                return new UnaryKernel<long, long, Times>(type, KernelCompiler.Coerce(a[0], DataType.Int64), new(UnitOf(Text(a[1], "The unit of a duration"))), mayFail: true);
            case "total_seconds":
                return new UnaryKernel<long, double, Seconds>(type, a[0], default);
            case "date_of":
                return AsDate(a[0]);
            case "time_of":
                return new UnaryKernel<long, long, TimeOfDay>(type, a[0], default);
            case "at_zone":
                return new ZoneKernel(type, a[0], Zone(a[1]), toUtc: false);
            case "from_zone":
                return new ZoneKernel(type, a[0], Zone(a[1]), toUtc: true);
            default:
                return null;
        }
    }

    /// <summary>Plus and minus where one side is a date, a time or a duration.</summary>
    internal static Kernel Arithmetic(string name, DataType type, Kernel a, Kernel b)
    {
        if (a.Type.Kind == TypeKind.Date)
        {
            (a, b) = (new RetypedKernel<int>(DataType.Int32, a), b.Type.Kind == TypeKind.Date ? new RetypedKernel<int>(DataType.Int32, b) : KernelCompiler.Coerce(b, DataType.Int32));
            return name == "add"
                ? new BinaryKernel<int, int, int, ArithmeticKernels.AddWhole<int>>(type, a, b, default, mayFail: true)
                : new BinaryKernel<int, int, int, ArithmeticKernels.SubtractWhole<int>>(type, a, b, default, mayFail: true);
        }
        return name == "add"
            ? new BinaryKernel<long, long, long, ArithmeticKernels.AddWhole<long>>(type, a, b, default, mayFail: true)
            : new BinaryKernel<long, long, long, ArithmeticKernels.SubtractWhole<long>>(type, a, b, default, mayFail: true);
    }

    internal static Kernel? TryCast(Kernel input, DataType to, bool lenient) => (input.Type.Kind, to.Kind) switch
    {
        (TypeKind.Date, TypeKind.Timestamp or TypeKind.Instant) => new UnaryKernel<int, long, Midnight>(to, input, default, !lenient, lenient),
        (TypeKind.Timestamp or TypeKind.Instant, TypeKind.Date) => AsDate(input),
        (TypeKind.Timestamp or TypeKind.Instant, TypeKind.Time) => new UnaryKernel<long, long, TimeOfDay>(to, input, default),
        (TypeKind.Timestamp, TypeKind.Instant) or (TypeKind.Instant, TypeKind.Timestamp) or (TypeKind.Time, TypeKind.Duration) => new RetypedKernel<long>(to, input),
        (TypeKind.Duration, TypeKind.Time) => new UnaryKernel<long, long, DurationAsTime>(to, input, default, !lenient, lenient),
        _ => null,
    };

    static Kernel AsDate(Kernel a) => a.Type.Kind == TypeKind.Date ? a : new UnaryKernel<long, int, DateOfTime>(DataType.Date, a, default);

    static UnaryKernel<int, int, Part> DatePart(string name, Kernel date) => new(DataType.Int32, date, new(name switch
    {
        "year" => 0,
        "quarter" => 1,
        "month" => 2,
        "day" => 3,
        "week" => 4,
        "day_of_week" => 5,
        _ => 6,
    }));

    static Kernel Truncated(Kernel a, string unit)
    {
        if (unit is not ("year" or "quarter" or "month" or "week" or "day" or "hour" or "minute" or "second"))
            throw new PlanException($"Nothing is truncated to '{unit}'. The units are year, quarter, month, week, day, hour, minute and second.");
        if (a.Type.Kind == TypeKind.Date) return unit is "day" or "hour" or "minute" or "second" ? a : new UnaryKernel<int, int, StartOfDate>(a.Type, a, new(unit));
        return unit is "day" or "hour" or "minute" or "second"
            ? new UnaryKernel<long, long, StartOfClock>(a.Type, a, new(UnitOf(unit)))
            : new UnaryKernel<long, long, StartOfTime>(a.Type, a, new(new StartOfDate(unit)));
    }

    static long UnitOf(string unit) => unit switch
    {
        "day" => Calendar.Day,
        "hour" => Calendar.Hour,
        "minute" => Calendar.Minute,
        "second" => Calendar.Second,
        "millisecond" => 1000,
        "microsecond" => 1,
        _ => throw new PlanException($"'{unit}' is no unit of a duration. The units are day, hour, minute, second, millisecond and microsecond."),
    };

    static string Text(Kernel a, string what) =>
        a is ConstantKernel { IsNull: false, Value: BytesColumn value } ? (string)value.ValueAt(0)! : throw new PlanException($"{what} must be a constant.");

    static TimeZoneInfo Zone(Kernel a)
    {
        var name = Text(a, "A time zone");
        return TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone)
            ? zone
            : throw new PlanException($"There is no time zone '{name}' on this machine. Zones have IANA names, such as Europe/Zurich.");
    }

    readonly struct Part(int which) : IUnary<int, int>
    {
        public bool Try(int days, out int result)
        {
            if (which >= 4)
            {
                result = which switch
                {
                    4 => Calendar.WeekOf(days),
                    5 => (Calendar.WeekdayOf(days) + 1) % 7,
                    _ => (int)(days - Calendar.DaysOf(Calendar.DateOf(days).Year, 1, 1)) + 1,
                };
                return true;
            }
            var (year, month, day) = Calendar.DateOf(days);
            result = which switch { 0 => (int)year, 1 => (month + 2) / 3, 2 => month, _ => day };
            return true;
        }
    }

    readonly struct ClockPart(long unit, int modulus) : IUnary<long, int>
    {
        public bool Try(long value, out int result)
        {
            var whole = Calendar.Floor(value, unit);
            result = (int)(whole - Calendar.Floor(whole, modulus) * modulus);
            return true;
        }
    }

    readonly struct DateOfTime : IUnary<long, int>
    {
        public bool Try(long value, out int result)
        {
            result = (int)Calendar.DayOf(value);
            return true;
        }
    }

    readonly struct TimeOfDay : IUnary<long, long>
    {
        public bool Try(long value, out long result)
        {
            result = unchecked(value - Calendar.DayOf(value) * Calendar.Day);
            return true;
        }
    }

    readonly struct Midnight : IUnary<int, long>
    {
        public bool Try(int days, out long result)
        {
            result = unchecked(days * Calendar.Day);
            return days is > -106_751_991 and < 106_751_991;
        }

        public (string, string) Why(int days) => ("overflow", " Timestamps reach about 290,000 years.");
    }

    readonly struct DurationAsTime : IUnary<long, long>
    {
        public bool Try(long value, out long result)
        {
            result = value;
            return value is >= 0 and < Calendar.Day;
        }

        public (string, string) Why(long value) => CastKernels.Outside(DataType.Time);
    }

    readonly struct StartOfDate(string unit) : IUnary<int, int>
    {
        readonly int months = unit switch { "year" => 12, "quarter" => 3, "month" => 1, _ => 0 };

        public bool Try(int days, out int result)
        {
            if (months == 0)
            {
                result = unchecked(days - Calendar.WeekdayOf(days));
                return true;
            }
            var (year, month, _) = Calendar.DateOf(days);
            result = (int)Calendar.DaysOf(year, (month - 1) / months * months + 1, 1);
            return true;
        }
    }

    readonly struct StartOfTime(StartOfDate date) : IUnary<long, long>
    {
        readonly StartOfDate date = date;

        public bool Try(long value, out long result)
        {
            date.Try((int)Calendar.DayOf(value), out var day);
            result = unchecked(day * Calendar.Day);
            return true;
        }
    }

    readonly struct StartOfClock(long unit) : IUnary<long, long>
    {
        public bool Try(long value, out long result)
        {
            result = unchecked(Calendar.Floor(value, unit) * unit);
            return true;
        }
    }

    readonly struct MonthsOnDate : IBinary<int, long, int>
    {
        public bool Try(int days, long months, out int result)
        {
            var sum = Calendar.AddMonths(days, months);
            result = unchecked((int)(sum ?? 0));
            return sum == result;
        }

        public (string, string) Why(int days, long months) => ("overflow", "");
    }

    readonly struct MonthsOnTime : IBinary<long, long, long>
    {
        public bool Try(long value, long months, out long result)
        {
            var day = Calendar.DayOf(value);
            result = 0;
            if (Calendar.AddMonths(day, months) is not { } sum || sum is < -106_751_990 or > 106_751_990) return false;
            result = sum * Calendar.Day + (value - day * Calendar.Day);
            return true;
        }

        public (string, string) Why(long value, long months) => ("overflow", "");
    }

    readonly struct Times(long factor) : IUnary<long, long>
    {
        public bool Try(long value, out long result)
        {
            var high = Math.BigMul(value, factor, out result);
            return high == result >> 63;
        }

        public (string, string) Why(long value) => ("overflow", " Durations reach about 290,000 years.");
    }

    readonly struct Seconds : IUnary<long, double>
    {
        public bool Try(long value, out double result)
        {
            result = value / 1e6;
            return true;
        }
    }
}

/// <summary>The same bits under another type.</summary>
sealed class RetypedKernel<T>(DataType type, Kernel input) : Kernel(type) where T : unmanaged
{
    internal override bool MayFail => input.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var x = input.Run(rows);
        return new(((Column<T>)x.Column).As(Type), x.Constant);
    }
}

/// <summary>
/// Between UTC and what clocks of a zone show. A time that clocks show twice is the later one, one that they skip is read
/// with the offset before the change.
/// </summary>
sealed class ZoneKernel(DataType type, Kernel input, TimeZoneInfo zone, bool toUtc) : Kernel(type)
{
    // Offsets change on quarters of an hour: neighbours in time share the search for theirs.
    const long Span = 15 * Calendar.Minute;

    static readonly long least = ClrValue.MicrosecondsOf(DateTime.MinValue) + 2 * Calendar.Day;
    static readonly long most = ClrValue.MicrosecondsOf(DateTime.MaxValue) - 2 * Calendar.Day;

    internal override bool MayFail => true;

    internal override Operand Run(Evaluation rows)
    {
        var x = (Column<long>)input.Column(rows);
        var result = rows.Rent<long>();
        var values = x.Values;
        var (known, offset) = (long.MinValue, 0L);
        for (var i = 0; i < values.Length; i++)
        {
            var value = values[i];
            if (value < least || value > most)
            {
                if (!x.IsNull(i))
                    rows.Fail(i, new Fault("no time zone", Expression, null, $"Time zones are known for the years 1 to 9999 only, and a time in {Expression} is outside."));
                continue;
            }
            var span = Calendar.Floor(value, Span);
            if (span != known) (known, offset) = (span, OffsetOf(span * Span));
            result[i] = toUtc ? value - offset : value + offset;
        }
        return new(new Column<long>(Type, result.AsMemory(0, values.Length), x.NullMarks));
    }

    long OffsetOf(long value) =>
        ClrValue.MicrosecondsOf(zone.GetUtcOffset(DateTime.SpecifyKind(ClrValue.DateTimeOf(value), toUtc ? DateTimeKind.Unspecified : DateTimeKind.Utc)));
}
