namespace Millrace.Plans.Tests;

/// <summary>Each function by a table of what it gives, over columns, constants and both, with nulls beside and in a slice.</summary>
public sealed class FunctionTests
{
    [Fact]
    public void Numbers()
    {
        Gives(3, Functions.Divide, 7, 2);
        Gives(-3, Functions.Divide, -7, 2);
        Gives(-1, Functions.Modulo, -7, 2);
        Gives(0, Functions.Modulo, int.MinValue, -1);
        Fails("overflow", Functions.Divide, int.MinValue, -1);
        Fails("division by zero", Functions.Divide, 1, 0);
        Fails("division by zero", Functions.Divide, 1.0, 0.0);
        Fails("division by zero", Functions.Modulo, 1.5m, 0m);
        Fails("overflow", Functions.Add, int.MaxValue, 1);
        Fails("overflow", Functions.Subtract, long.MinValue, 1L);
        Fails("overflow", Functions.Multiply, long.MaxValue, 2L);
        Fails("overflow", Functions.Multiply, (short)300, (short)300);
        Fails("overflow", Functions.Negate, int.MinValue);
        Fails("overflow", Functions.Abs, long.MinValue);
        Gives(1.25m, Functions.Add, 1m, 0.25m);
        Gives(0.375m, Functions.Multiply, 1.5m, 0.25m);
        Gives(2.5, Functions.Divide, 5m, 2m);
        Gives(-3.0, Functions.Round, -2.5);
        Gives(double.NaN, Functions.Round, double.NaN, -1);
        Gives(double.PositiveInfinity, Functions.Round, double.PositiveInfinity, -1);
        Gives(1.24, Functions.Round, 1.235, 2);
        Gives(1200.0, Functions.Round, 1234.5, -2);
        Gives(1300, Functions.Round, 1250, -2);
        Gives(-1.30m, Functions.Round, -1.25m, 1);
        Gives(-2.00m, Functions.Floor, -1.25m);
        Gives(-1.00m, Functions.Ceiling, -1.25m);
        Gives(-1.0, Functions.Truncate, -1.75);
        Gives(1, Functions.Sign, 0.5m);
        Gives(-1, Functions.Sign, -3L);
        Gives(3.0, Functions.Sqrt, 9);
        Fails("square root of a negative number", Functions.Sqrt, -1.0);
        Fails("logarithm of a number that isn't positive", Functions.Ln, 0.0);
        Gives(8.0, Functions.Power, 2, 3);
        Gives(2.0, Functions.Log10, 100);
        Gives(double.NaN, Functions.Greatest, 1.0, double.NaN, 3.0);
        Gives(1.0, Functions.Least, 1.0, double.NaN, 3.0);
    }

    [Fact]
    public void Text()
    {
        Gives("ÄB", Functions.Upper, "äb");
        Gives("abc", Functions.Lower, "ABC");
        Gives("a b", Functions.Trim, "  a b ");
        Gives("a ", Functions.TrimStart, "  a ");
        Gives("\ta", Functions.TrimEnd, "\ta ");
        Gives(3, Functions.Length, "日本😀");
        Gives("😀本日", Functions.Reverse, "日本😀");
        Gives("本", Functions.Substring, "日本😀", 1, 1);
        Gives("bc", Functions.Substring, "abc", 1);
        Gives("", Functions.Substring, "abc", 5, 2);
        Gives("", Functions.Substring, "abc", -4, 2);
        Gives("a", Functions.Substring, "abc", -1, 2);
        Gives("abc", Functions.Substring, "abc", -1);
        Gives("", Functions.Substring, "abc", 0, -1);
        Gives("xyxyb", Functions.Replace, "aab", "a", "xy");
        Gives("aab", Functions.Replace, "aab", "", "xy");
        Gives(1, Functions.IndexOf, "äöü", "ö");
        Gives(-1, Functions.IndexOf, "abc", "z");
        Gives("007", Functions.PadLeft, "7", 3, "0");
        Gives("7ab", Functions.PadRight, "7", 3, "abc");
        Gives("long", Functions.PadLeft, "long", 2, "0");
        Gives("b", Functions.SplitPart, "a;b;c", ";", 1);
        Gives(null, Functions.SplitPart, "a;b;c", ";", 3);
        Gives(null, Functions.SplitPart, "a;b;c", ";", -1);
        Gives(true, Functions.StartsWith, "abc", "ab");
        Gives(false, Functions.EndsWith, "abc", "ab");
        Gives(true, Functions.Contains, "abc", "");
        Gives(true, Functions.Less, "Z", "a");
        Gives(true, Functions.Less, "z", "é");
        Gives(3L, Functions.EditDistance, "kitten", "sitting");
        Gives("900150983cd24fb0d6963f7d28e17f72", Functions.Md5, "abc");
        Gives(true, Functions.Matches, "order 17", "[0-9]+");
        Gives("17", Functions.Extract, "order 17", "order ([0-9]+)", 1);
        Gives(null, Functions.Extract, "none", "([0-9]+)", 1);
        Gives("<17> $", Functions.ReplacePattern, "17 $", "([0-9]+)", @"<\1>");
        Gives("a1.5", Functions.Concat, "a", "1.5");
    }

    [Fact]
    public void Splits_to_lists()
    {
        Gives(2, Functions.ItemCount, Functions.Split.Of(LiteralExpr.Of("a,b"), LiteralExpr.Of(",")));
        Gives("b", Functions.Element, Functions.Split.Of(LiteralExpr.Of("a,b"), LiteralExpr.Of(",")), 1);
        Gives(null, Functions.Element, Functions.Split.Of(LiteralExpr.Of("a,b"), LiteralExpr.Of(",")), 2);
    }

    [Fact]
    public void Time()
    {
        var at = new DateTime(2024, 2, 29, 23, 59, 58).AddMilliseconds(123);
        var before = new DateTime(1969, 12, 31, 23, 59, 59);
        Gives(2024, Functions.Year, at);
        Gives(1, Functions.Quarter, at);
        Gives(9, Functions.Week, at);
        Gives(53, Functions.Week, new DateOnly(2021, 1, 3));
        Gives(4, Functions.DayOfWeek, at);
        Gives(60, Functions.DayOfYear, at);
        Gives(58, Functions.Second, at);
        Gives(59, Functions.Second, before);
        Gives(1969, Functions.Year, before);
        Gives(new DateOnly(1969, 12, 31), Functions.DateOf, before);
        Gives(new TimeOnly(23, 59, 59), Functions.TimeOf, before);
        Gives(new DateTime(2024, 2, 26), Functions.TruncateTo, at, "week");
        Gives(new DateTime(1969, 12, 31, 23, 0, 0), Functions.TruncateTo, before, "hour");
        Gives(new DateOnly(2024, 1, 1), Functions.TruncateTo, new DateOnly(2024, 2, 29), "quarter");
        Gives(new DateOnly(2023, 2, 28), Functions.AddMonths, new DateOnly(2024, 2, 29), -12);
        Gives(new DateTime(2024, 4, 30, 1, 2, 3), Functions.AddMonths, new DateTime(2024, 3, 31, 1, 2, 3), 1);
        Gives(TimeSpan.FromMinutes(90), Functions.ToDuration, 90, "minute");
        Fails("overflow", Functions.ToDuration, long.MaxValue, "day");
        Gives(1.5, Functions.TotalSeconds, TimeSpan.FromMilliseconds(1500));
        Gives(at.AddHours(1), Functions.Add, at, TimeSpan.FromHours(1));
        Gives(TimeSpan.FromSeconds(1), Functions.Subtract, before.AddSeconds(1), before);
        Gives(366, Functions.Subtract, new DateOnly(2025, 1, 1), new DateOnly(2024, 1, 1));
        Gives(new DateOnly(2024, 3, 1), Functions.Add, new DateOnly(2024, 2, 29), 1);
        Gives(new DateTime(2024, 7, 1, 14, 0, 0), Functions.AtZone, new DateTimeOffset(2024, 7, 1, 12, 0, 0, TimeSpan.Zero), "Europe/Zurich");
        Gives(new DateTimeOffset(2024, 1, 1, 11, 0, 0, TimeSpan.Zero), Functions.FromZone, new DateTime(2024, 1, 1, 12, 0, 0), "Europe/Zurich");
        // A time that clocks skip, and one that they show twice.
        Gives(new DateTimeOffset(2024, 3, 10, 7, 30, 0, TimeSpan.Zero), Functions.FromZone, new DateTime(2024, 3, 10, 2, 30, 0), "America/New_York");
        Gives(new DateTimeOffset(2024, 11, 3, 6, 30, 0, TimeSpan.Zero), Functions.FromZone, new DateTime(2024, 11, 3, 1, 30, 0), "America/New_York");
        Assert.Contains("There is no time zone 'Mars'", Assert.Throws<PlanException>(() => Gives(null, Functions.AtZone, DateTimeOffset.UnixEpoch, "Mars")).Message);
    }

    [Theory]
    [InlineData("int32", "42", "42")]
    [InlineData("int32", " -7 ", "-7")]
    [InlineData("int32", "3000000000", null)]
    [InlineData("int32", "1.0", null)]
    [InlineData("int32", "", null)]
    [InlineData("float64", "1e3", "1000")]
    [InlineData("float64", "1e999", null)]
    [InlineData("float64", "-inf", "-Infinity")]
    [InlineData("float64", "NaN", "NaN")]
    [InlineData("decimal(5,2)", "1.235", "1.24")]
    [InlineData("decimal(5,2)", "-999.995", null)]
    [InlineData("decimal(5,2)", "12e-1", "1.20")]
    [InlineData("decimal(5,2)", ".5", "0.50")]
    [InlineData("decimal(38,0)", "99999999999999999999999999999999999999999", null)]
    [InlineData("boolean", "YES", "True")]
    [InlineData("boolean", "2", null)]
    [InlineData("date", "2024-02-29", "2024-02-29")]
    [InlineData("date", "2023-02-29", null)]
    [InlineData("date", "2024-2-9", "2024-02-09")]
    [InlineData("date", "29.02.2024", null)]
    [InlineData("time", "7:05", "07:05:00")]
    [InlineData("time", "24:00", null)]
    [InlineData("timestamp", "2024-02-29T12:34:56.789", "2024-02-29 12:34:56.789")]
    [InlineData("timestamp", "2024-02-29", "2024-02-29 00:00:00")]
    [InlineData("timestamp", "2024-02-29 12:34:56.1234567", null)]
    [InlineData("timestamp", "2024-02-29 12:34:56Z", null)]
    [InlineData("instant", "2024-02-29 12:34:56+01:30", "2024-02-29 11:04:56Z")]
    [InlineData("instant", "2024-02-29 12:34:56", "2024-02-29 12:34:56Z")]
    [InlineData("duration", "-26:00:01.5", "-1.02:00:01.5000000")]
    [InlineData("uuid", "00112233-4455-6677-8899-aabbccddeeff", "00112233-4455-6677-8899-aabbccddeeff")]
    [InlineData("uuid", "0011", null)]
    [InlineData("enum<red|green>", "red", "red")]
    [InlineData("enum<red|green>", "Red", null)]
    public void Text_becomes_other_types_or_fails(string type, string text, string? expected)
    {
        var to = DataType.Parse(type);
        var value = Evaluate(new CastExpr(new ColumnExpr("a0"), to, Strict: false), [text]);
        Assert.Equal(expected, value is null ? null : ClrValue.Display(value));
        if (expected is not null) Assert.Equal(value, Evaluate(new CastExpr(new ColumnExpr("a0"), to), [text]));
        else Assert.Contains($"isn't {type}", Assert.Throws<RowException>(() => Evaluate(new CastExpr(new ColumnExpr("a0"), to), [text])).Message);
    }

    [Theory]
    [InlineData("date", "dd.MM.yyyy", "31.01.2026", "2026-01-31")]
    [InlineData("date", "dd.MM.yyyy", "1.1.2026", null)]
    [InlineData("date", "dd.MM.yyyy", " 31.01.2026", null)]
    [InlineData("date", "dd.MM.yyyy", "31.01.2026 ", null)]
    [InlineData("date", "dd.MM.yyyy", "29.02.2025", null)]
    [InlineData("date", "dd.MM.yyyy", "00.02.2025", null)]
    [InlineData("date", "yyyy-MM-dd", "0000-01-01", null)]
    [InlineData("date", "yyyy-MM-dd", "9999-12-31", "9999-12-31")]
    [InlineData("date", "M/d/yyyy", "1/2/2026", "2026-01-02")]
    [InlineData("date", "M/d/yyyy", "01/31/2026", "2026-01-31")]
    [InlineData("date", "M/d/yyyy", "001/2/2026", null)]
    [InlineData("date", "yyyyMMdd", "20240229", "2024-02-29")]
    [InlineData("date", "yyyy-MM", "2026-07", "2026-07-01")]
    [InlineData("date", "dd MMM yyyy", "05 feb 2026", "2026-02-05")]
    [InlineData("date", "MMMM d, yyyy", "February 5, 2026", "2026-02-05")]
    [InlineData("date", "dd.MM.yy", "01.02.49", "2049-02-01")]
    [InlineData("date", "dd.MM.yy", "01.02.50", "1950-02-01")]
    [InlineData("date", "yyyy'年'MM'月'", "2026年01月", "2026-01-01")]
    [InlineData("time", "HH:mm", "23:59", "23:59:00")]
    [InlineData("time", "HH:mm", "24:00", null)]
    [InlineData("time", "h:mm tt", "12:05 am", "00:05:00")]
    [InlineData("time", "h:mm tt", "13:05 PM", null)]
    [InlineData("timestamp", "yyyy-MM-ddTHH:mm:ss.fff", "2024-02-29T12:34:56.789", "2024-02-29 12:34:56.789")]
    [InlineData("timestamp", "yyyy-MM-ddTHH:mm:ss.fff", "2024-02-29T12:34:56.78", null)]
    [InlineData("timestamp", "dd/MM/yyyy H\\h", "01/02/2024 7h", "2024-02-01 07:00:00")]
    public void Text_of_a_format_becomes_a_date_or_a_time(string type, string format, string text, string? expected)
    {
        var (strict, tries) = (Functions.Named($"parse_{type}"), Functions.Named($"try_parse_{type}"));
        var value = Evaluate(tries.Of(new ColumnExpr("a0"), LiteralExpr.Of(format)), [text]);
        Assert.Equal(expected, value is null ? null : ClrValue.Display(value));
        Assert.Equal(expected is not null, FitsInNet(type, format, text));
        if (expected is not null) Assert.Equal(value, Evaluate(strict.Of(new ColumnExpr("a0"), LiteralExpr.Of(format)), [text]));
        else Assert.Contains($"'{text}' isn't a {type} of the format {format}", Assert.Throws<RowException>(() => Evaluate(strict.Of(new ColumnExpr("a0"), LiteralExpr.Of(format)), [text])).Message);
    }

    static bool FitsInNet(string type, string format, string text) => type switch
    {
        "date" => DateOnly.TryParseExact(text, format, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.None, out _),
        "time" => TimeOnly.TryParseExact(text, format, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.None, out _),
        _ => DateTime.TryParseExact(text, format, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.None, out _),
    };

    [Fact]
    public void Dates_and_times_are_written_by_a_format()
    {
        Gives("29.02.2024", Functions.FormatTime, new DateOnly(2024, 2, 29), "dd.MM.yyyy");
        Gives("0007-1", Functions.FormatTime, new DateOnly(7, 1, 2), "yyyy-M");
        Gives("Thu, Thursday 29 Feb February 24", Functions.FormatTime, new DateOnly(2024, 2, 29), "ddd, dddd d MMM MMMM yy");
        Gives("12:05 AM 5", Functions.FormatTime, new TimeOnly(0, 5, 0), "hh:mm tt m");
        Gives("1969-12-31T23:59:59.512345", Functions.FormatTime, new DateTime(1969, 12, 31, 23, 59, 59).AddTicks(5_123_456), "yyyy-MM-ddTHH:mm:ss.ffffff");
        Gives("59.51 o'clock", Functions.FormatTime, new DateTime(1969, 12, 31, 23, 59, 59).AddTicks(5_199_999), "ss.ff \"o'clock\"");
        Gives("2024-01-01 00", Functions.FormatTime, new DateTimeOffset(2024, 1, 1, 1, 0, 0, TimeSpan.FromHours(1)), "yyyy-MM-dd HH");
    }

    [Theory]
    [InlineData("date", "Q yyyy", "'Q yyyy' is no format for dates and times: 'Q' means nothing there. What it may say is yyyy yy, MMMM MMM MM M, dddd ddd dd d, HH H hh h tt, mm m, ss s, f to ffffff; other letters stand in quotes.")]
    [InlineData("date", "d", "'d' is no format for dates and times: it names too little. What it may say is yyyy yy, MMMM MMM MM M, dddd ddd dd d, HH H hh h tt, mm m, ss s, f to ffffff.")]
    [InlineData("date", "yyyy-MM-dd HH:mm", "'yyyy-MM-dd HH:mm' can't read a date: a date has no hours. Take a timestamp, and its date.")]
    [InlineData("date", "dd.MM", "'dd.MM' can't read a date: without a year it names no day.")]
    [InlineData("date", "yyyy dddd", "'yyyy dddd' can't read a date: names of weekdays are only written. Leave them out.")]
    [InlineData("date", "dMyyyy", "'dMyyyy' can't read a date: a part of one or two digits ends at what is no digit. Double its letter.")]
    [InlineData("time", "hh:mm", "'hh:mm' can't read a time: hh and tt need each other. For 24 hours say HH.")]
    [InlineData("time", "mm:ss", "'mm:ss' can't read a time: minutes need an hour before them.")]
    [InlineData("timestamp", "yyyy MM M", "'yyyy MM M' can't read a timestamp: a part stands there twice.")]
    [InlineData("timestamp", "yyyy 'of", "'yyyy 'of' is no format for dates and times: the quote ' at character 6 isn't closed.")]
    public void A_format_that_says_too_little_is_refused(string type, string format, string message) =>
        Assert.Equal(message, Assert.Throws<PlanException>(() => Evaluate(Functions.Named($"parse_{type}").Of(new ColumnExpr("a0"), LiteralExpr.Of(format)), ["x"])).Message);

    public static TheoryData<object, string> Texts => new()
    {
        { 1.0, "1.0" }, { 1e20, "1e+20" }, { 1e15, "1000000000000000.0" }, { 0.1, "0.1" }, { 1e-5, "1e-05" }, { double.NaN, "nan" }, { -1.5e300, "-1.5e+300" },
        { 1.50m, "1.50" }, { -0.05m, "-0.05" }, { 7m, "7" }, { true, "true" }, { long.MinValue, "-9223372036854775808" },
        { new DateOnly(2024, 2, 29), "2024-02-29" }, { new DateTime(1969, 12, 31, 23, 59, 59, 500), "1969-12-31 23:59:59.5" },
        { new DateTimeOffset(2024, 1, 1, 1, 0, 0, TimeSpan.FromHours(1)), "2024-01-01 00:00:00+00" }, { TimeSpan.FromHours(-26), "-26:00:00" }, { new TimeOnly(1, 2, 3), "01:02:03" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void Other_types_become_text(object value, string expected) =>
        Assert.Equal(expected, Evaluate(new CastExpr(new ColumnExpr("a0"), DataType.Text), [value]));

    [Fact]
    public void Numbers_become_other_numbers_with_halves_away_from_zero()
    {
        Assert.Equal(3, Cast(2.5, "int32"));
        Assert.Equal(-3, Cast(-2.5, "int32"));
        Assert.Equal((short)2, Cast(1.5m, "int16"));
        Assert.Equal(1.24m, Cast(1.235m, "decimal(9,2)"));
        Assert.Equal(0.1m, Cast(0.1, "decimal(9,1)"));
        Assert.Equal(1.0, Cast(true, "float64"));
        Assert.Equal(false, Cast(0, "boolean"));
        foreach (var (value, type) in new (object, string)[] { (3e9, "int32"), (double.NaN, "int64"), (9.3e18, "int64"), (70000, "int16"), (999.5m, "decimal(3,0)"), (1e300, "float32"), (1000, "decimal(5,2)") })
            Assert.Contains($"doesn't fit {type}", Assert.Throws<RowException>(() => Cast(value, type)).Message);

        static object? Cast(object value, string type) => Evaluate(new CastExpr(new ColumnExpr("a0"), DataType.Parse(type)), [value]);
    }

    [Fact]
    public void Logic_has_three_values()
    {
        bool?[] all = [true, false, null];
        foreach (var a in all)
        {
            foreach (var b in all)
            {
                Assert.Equal(a & b, Evaluate(Functions.And.Of(new ColumnExpr("a0"), new ColumnExpr("a1")), [a, b], DataType.Boolean, DataType.Boolean));
                Assert.Equal(a | b, Evaluate(Functions.Or.Of(new ColumnExpr("a0"), new ColumnExpr("a1")), [a, b], DataType.Boolean, DataType.Boolean));
            }
            Assert.Equal(!a, Evaluate(Functions.Not.Of(new ColumnExpr("a0")), [a], DataType.Boolean));
        }
    }

    /// <summary>Over constants; over columns; over a column first and constants then.</summary>
    static void Gives(object? expected, Function function, params object[] arguments)
    {
        Assert.Equal(expected, Evaluate(function.Of([.. arguments.Select(Constant)]), []));
        if (arguments.OfType<Expr>().Any()) return;
        Expr[] columns = [.. arguments.Select((_, i) => new ColumnExpr($"a{i}"))];
        Expr[] first = [.. arguments.Select((a, i) => i == 0 ? new ColumnExpr("a0") : Constant(a))];
        Assert.Equal(expected, Evaluate(function.Of(first), arguments));
        Expr[] last = [.. arguments.Select((a, i) => i > 0 ? new ColumnExpr($"a{i}") : Constant(a))];
        if (MustBeConstant(function)) return;
        Assert.Equal(expected, Evaluate(function.Of(columns), arguments));
        Assert.Equal(expected, Evaluate(function.Of(last), arguments));
    }

    static bool MustBeConstant(Function function) =>
        function.Name is "round" or "matches" or "extract" or "replace_pattern" or "truncate_to" or "to_duration" or "at_zone" or "from_zone" or "format_time" || function.Name.Contains("parse_", StringComparison.Ordinal);

    static void Fails(string rule, Function function, params object[] arguments)
    {
        Expr[] first = [.. arguments.Select((a, i) => i == 0 ? new ColumnExpr("a0") : Constant(a))];
        Assert.Contains($" {rule} for ", Assert.Throws<RowException>(() => Evaluate(function.Of(first), arguments)).Message);
        Assert.Contains($" {rule} for ", Assert.Throws<RowException>(() => Evaluate(function.Of([.. arguments.Select(Constant)]), [])).Message);
    }

    static Expr Constant(object value) => value as Expr ?? LiteralExpr.Of(value);

    /// <summary>One row of many: around it are rows of nulls, and the batch is a slice.</summary>
    static object? Evaluate(Expr expr, object?[] row, params DataType[] types)
    {
        var schema = new Schema(row.Select((v, i) => new Field($"a{i}", i < types.Length ? types[i] : LiteralExpr.Of(v).Type)));
        var builder = new BatchBuilder(schema);
        var nulls = new object?[row.Length];
        builder.Add(nulls).Add(nulls).Add(row).Add(nulls);
        using var all = builder.Build();
        // Without columns the builder can't count.
        using var batch = row.Length == 0 ? new Batch(schema, 3, []) : all.Slice(1, 3);
        var kernel = new KernelCompiler(schema).Compile(expr);
        var column = kernel.Column(new Evaluation(batch, new Faults("test", collect: false)));
        Assert.Equal(3, column.Count);
        Assert.Equal(expr.TypeIn(schema).Type, column.Type);
        return column.ValueAt(1);
    }
}
