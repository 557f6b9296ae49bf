using Millrace.Data;
using Millrace.Plans;

namespace Millrace.Testing.Plans;

/// <summary>Expressions over a scope, of a wanted type, none of which fails.</summary>
sealed partial class RandomExprs(Random random, RandomValues values, RandomPlanOptions options)
{
    static readonly string[] patterns = ["^a", "b.$", "[0-9]+", "(a|b)c", "^$", "l{2}", "x=(\\d)", @"^\w+$", @"\s\S", "^.$", "[^a-c]", @"\W", "a|ab", @"\d$", "(?:b|c)+?"];

    // The last of each is read by our engine only.
    static readonly string[] dateFormats = ["yyyy-MM-dd", "d.M.yyyy", "MM/dd/yyyy", "yyyyMMdd", "yyyy-MM", "dd MMM yyyy"];
    static readonly string[] timeFormats = ["yyyy-MM-dd HH:mm:ss", "dd.MM.yyyy H:m:s.fff", "yyyy-MM-ddTHH:mm", "d/M/yyyy h:mm tt"];

    static readonly string[] hourFormats = ["HH:mm:ss", "H:m", "HHmmss"];

    static readonly string[] zones = ["UTC", "Europe/Oslo", "America/New_York", "Australia/Lord_Howe"];

    internal Expr Condition(Scope scope, int depth = 2) => Of(scope, DataType.Boolean, depth).Expr;

    /// <summary>A value of that type. Columns come first: they are what plans are about.</summary>
    internal Made Of(Scope scope, DataType type, int depth, bool tame = false)
    {
        var fits = scope.Columns.Where(c => c.Field.Type == type && (!tame || (c.Trait.Tame && c.Trait.Exact))).ToList();
        if (fits.Count > 0 && random.Next(depth > 0 ? 3 : 1) == 0)
        {
            var (field, trait) = values.Pick(fits);
            return new(new ColumnExpr(field.Name), trait);
        }
        if (depth <= 0) return Constant(type);
        var made = random.Next(10) switch
        {
            0 => null,
            1 => Choice(scope, type, depth, tame),
            2 => FirstKnown(scope, type, depth, tame),
            3 or 4 => Inside(scope, type),
            5 when options.Callbacks => Called(scope, type, depth - 1),
            _ => Computed(scope, type, depth - 1),
        };
        return made is { } fit && (!tame || fit.Trait is { Tame: true, Exact: true }) ? fit : Constant(type);
    }

    internal Made Constant(DataType type)
    {
        var value = values.Tame(type);
        return new(new LiteralExpr(value, type), Trait.Known with { Bound = value is IConvertible and not string and not bool and not DateTime ? Math.Abs(Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture)) : 1000 });
    }

    Made Choice(Scope scope, DataType type, int depth, bool tame)
    {
        var (then, otherwise) = (Of(scope, type, depth - 1, tame), random.Next(3) == 0 ? new(LiteralExpr.Of(null), Trait.Known) : Of(scope, type, depth - 1, tame));
        return new(new CaseExpr([new CaseBranch(Condition(scope, depth - 1), then.Expr)], otherwise.Expr), Both(then.Trait, otherwise.Trait));
    }

    Made FirstKnown(Scope scope, DataType type, int depth, bool tame)
    {
        var (one, two) = (Of(scope, type, depth - 1, tame), Of(scope, type, depth - 1, tame));
        return new(Functions.Coalesce.Of(one.Expr, two.Expr), Both(one.Trait, two.Trait));
    }

    Made? Computed(Scope scope, DataType type, int depth) => type.Kind switch
    {
        TypeKind.Boolean => new(Truth(scope, depth), Trait.Known),
        TypeKind.Int16 => new(new CastExpr(Functions.Modulo.Of(Of(scope, DataType.Int32, depth, tame: true).Expr, LiteralExpr.Of(9)), type), Trait.Known),
        TypeKind.Float32 => new(new CastExpr(Of(scope, DataType.Int16, depth, tame: true).Expr, type), Trait.Known),
        TypeKind.Time => new(Hour(scope, depth), Trait.Known),
        TypeKind.Duration => new(Elapsed(scope, depth), Trait.Known),
        TypeKind.Int32 or TypeKind.Int64 => Whole(scope, type, depth),
        TypeKind.Float64 => Real(scope, depth),
        TypeKind.Decimal => Scaled(scope, type, depth),
        TypeKind.Text => new(Text(scope, depth), Trait.Known),
        TypeKind.Date => new(Day(scope, depth), Trait.Known),
        TypeKind.Timestamp or TypeKind.Instant => Point(scope, type, depth),
        _ => null,
    };

    CallExpr Truth(Scope scope, int depth)
    {
        switch (random.Next(9))
        {
            case 0: return Functions.And.Of(Condition(scope, depth), Condition(scope, depth));
            case 1: return Functions.Or.Of(Condition(scope, depth), Condition(scope, depth));
            case 2: return Functions.Not.Of(Condition(scope, depth));
            case 3 when scope.Schema.Count > 0: return Functions.IsNull.Of(new ColumnExpr(values.Pick(scope.Schema).Name));
            case 4:
                var text = Of(scope, DataType.Text, depth, tame: true).Expr;
                return random.Next(4) == 0
                    ? Functions.Matches.Of(text, LiteralExpr.Of(values.Pick(patterns)))
                    : values.Pick([Functions.StartsWith, Functions.EndsWith, Functions.Contains]).Of(text, LiteralExpr.Of(values.Pick(["a", "b", "hello", "", "%", "_"])));
            default:
                var keys = scope.Keys;
                var of = keys.Count == 0 ? DataType.Int32 : values.Pick(keys).Type;
                var (left, right) = (Comparable(scope, of, depth), Comparable(scope, of, depth));
                return random.Next(6) == 0
                    ? Functions.In.Of(left, Constant(of).Expr, Constant(of).Expr)
                    : values.Pick([Functions.Equals, Functions.NotEquals, Functions.Less, Functions.LessOrEqual, Functions.Greater, Functions.GreaterOrEqual, Functions.Same]).Of(left, right);
        }
    }

    Expr Comparable(Scope scope, DataType type, int depth) => Of(scope, type, depth) is { Trait.Exact: true } made ? made.Expr : Constant(type).Expr;

    Made? Whole(Scope scope, DataType type, int depth)
    {
        var most = type.Kind == TypeKind.Int32 ? 1e9 : 1e18;
        var one = Of(scope, type, depth, tame: true);
        var two = Of(scope, type, depth, tame: true);
        var divisor = new LiteralExpr(type.Kind == TypeKind.Int32 ? values.Pick([-3, 2, 7]) : values.Pick([-3L, 2L, 7L]), type);
        Made made = random.Next(13) switch
        {
            0 => new(Functions.Add.Of(one.Expr, two.Expr), Trait.Known with { Bound = one.Trait.Bound + two.Trait.Bound }),
            1 => new(Functions.Subtract.Of(one.Expr, two.Expr), Trait.Known with { Bound = one.Trait.Bound + two.Trait.Bound }),
            2 => new(Functions.Multiply.Of(one.Expr, two.Expr), Trait.Known with { Bound = one.Trait.Bound * two.Trait.Bound }),
            3 => new(Functions.Divide.Of(one.Expr, divisor), one.Trait),
            10 when type.Kind == TypeKind.Int32 => new(Functions.Sign.Of(Of(scope, values.Pick([DataType.Int64, DataType.Float64, DataType.Decimal(9, 2)]), depth, tame: true).Expr), Trait.Known),
            10 => new(Functions.EditDistance.Of(Of(scope, DataType.Text, depth).Expr, Of(scope, DataType.Text, depth).Expr), Trait.Known),
            11 when type.Kind == TypeKind.Int32 => new(Functions.IndexOf.Of(Of(scope, DataType.Text, depth).Expr, LiteralExpr.Of(values.Pick(["a", "l", "=", ""]))), Trait.Known),
            12 when type.Kind == TypeKind.Int32 => new(Functions.Subtract.Of(Of(scope, DataType.Date, depth, tame: true).Expr, Of(scope, DataType.Date, depth, tame: true).Expr), Trait.Known with { Bound = 1e6 }),
            4 => new(Functions.Modulo.Of(one.Expr, divisor), one.Trait),
            5 => new(values.Pick([Functions.Abs, Functions.Negate]).Of(one.Expr), one.Trait),
            6 => new(values.Pick([Functions.Least, Functions.Greatest]).Of(one.Expr, two.Expr), Both(one.Trait, two.Trait)),
            7 when type.Kind == TypeKind.Int64 => Of(scope, DataType.Int32, depth, tame: true) is var narrow ? new(new CastExpr(narrow.Expr, type), narrow.Trait) : one,
            7 => new(Functions.Length.Of(Of(scope, DataType.Text, depth).Expr), Trait.Known),
            8 when type.Kind == TypeKind.Int32 => new(values.Pick([Functions.Year, Functions.Quarter, Functions.Month, Functions.Week, Functions.Day, Functions.DayOfWeek, Functions.DayOfYear]).Of(Of(scope, DataType.Date, depth, tame: true).Expr), Trait.Known with { Bound = 3000 }),
            9 when type.Kind == TypeKind.Int32 => new(values.Pick([Functions.Hour, Functions.Minute, Functions.Second]).Of(Of(scope, DataType.Timestamp, depth, tame: true).Expr), Trait.Known),
            _ => one,
        };
        return made.Trait.Bound < most ? made : null;
    }

    Made? Real(Scope scope, int depth)
    {
        var one = Of(scope, DataType.Float64, depth, tame: true);
        var two = Of(scope, DataType.Float64, depth, tame: true);
        Made made = random.Next(11) switch
        {
            0 => new(Functions.Add.Of(one.Expr, two.Expr), Trait.Known with { Bound = one.Trait.Bound + two.Trait.Bound }),
            1 => new(Functions.Subtract.Of(one.Expr, two.Expr), Trait.Known with { Bound = one.Trait.Bound + two.Trait.Bound }),
            2 => new(Functions.Multiply.Of(one.Expr, two.Expr), Trait.Known with { Bound = one.Trait.Bound * two.Trait.Bound }),
            3 => new(Functions.Divide.Of(one.Expr, LiteralExpr.Of(values.Pick([2.0, -4.0, 0.5]))), one.Trait with { Bound = one.Trait.Bound * 2 }),
            4 => new(values.Pick([Functions.Floor, Functions.Ceiling, Functions.Truncate, Functions.Abs]).Of(one.Expr), one.Trait with { Bound = one.Trait.Bound + 1 }),
            5 => new(Functions.Sqrt.Of(Functions.Abs.Of(one.Expr)), one.Trait with { Bound = one.Trait.Bound + 1 }),
            6 => Of(scope, DataType.Int32, depth, tame: true) is var whole ? new(new CastExpr(whole.Expr, DataType.Float64), whole.Trait) : one,
            7 => new(values.Pick([Functions.Ln, Functions.Log10]).Of(Functions.Add.Of(Functions.Abs.Of(one.Expr), LiteralExpr.Of(1.0))), Trait.Inexact),
            8 => new(Functions.Exp.Of(Functions.Divide.Of(one.Expr, LiteralExpr.Of(1000.0))), one.Trait.Bound < 1e5 ? Trait.Inexact : Trait.Wild with { Exact = false }),
            9 => new(Functions.Power.Of(one.Expr, LiteralExpr.Of(2.0)), Trait.Inexact),
            10 => new(Functions.TotalSeconds.Of(Of(scope, DataType.Duration, depth, tame: true).Expr), Trait.Known with { Bound = 1e8 }),
            _ => new(Functions.Ln.Of(Functions.Add.Of(Functions.Abs.Of(one.Expr), LiteralExpr.Of(1.0))), Trait.Inexact),
        };
        return !made.Trait.Exact || made.Trait.Bound < 1e9 ? made : null;
    }

    // Arithmetic changes the scale or the precision: only what keeps the type is made here.
    Made? Scaled(Scope scope, DataType type, int depth)
    {
        var one = Of(scope, type, depth, tame: true);
        Made made = random.Next(3) switch
        {
            0 => new(values.Pick([Functions.Abs, Functions.Negate]).Of(one.Expr), one.Trait),
            1 => new(values.Pick([Functions.Round, Functions.Floor, Functions.Ceiling, Functions.Truncate]).Of(one.Expr), one.Trait with { Bound = one.Trait.Bound + 1 }),
            _ => new(Functions.Round.Of(one.Expr, LiteralExpr.Of(1)), one.Trait with { Bound = one.Trait.Bound + 1 }),
        };
        return made.Trait.Bound < Math.Pow(10, ((DecimalType)type).Precision - ((DecimalType)type).Scale) / 2 ? made : null;
    }

    Expr Text(Scope scope, int depth)
    {
        var one = Of(scope, DataType.Text, depth, tame: true).Expr;
        return random.Next(15) switch
        {
            10 => Functions.FormatTime.Of(Of(scope, DataType.Date, depth, tame: true).Expr, LiteralExpr.Of(values.Pick(dateFormats))),
            11 => Functions.FormatTime.Of(Of(scope, values.Pick([DataType.Timestamp, DataType.Instant]), depth, tame: true).Expr, LiteralExpr.Of(values.Pick(timeFormats))),
            0 => Functions.Concat.Of(one, Of(scope, DataType.Text, depth, tame: true).Expr),
            1 => values.Pick([Functions.Upper, Functions.Lower, Functions.Reverse]).Of(one),
            2 => values.Pick([Functions.Trim, Functions.TrimStart, Functions.TrimEnd]).Of(one),
            3 => Functions.Substring.Of(one, LiteralExpr.Of(random.Next(-2, 4)), LiteralExpr.Of(random.Next(-1, 4))),
            4 => Functions.Replace.Of(one, LiteralExpr.Of("a"), LiteralExpr.Of("<>")),
            5 => values.Pick([Functions.PadLeft, Functions.PadRight]).Of(one, LiteralExpr.Of(random.Next(6)), LiteralExpr.Of("*")),
            6 => Functions.SplitPart.Of(one, LiteralExpr.Of(values.Pick(["=", ",", "-"])), LiteralExpr.Of(random.Next(3))),
            7 => new CastExpr(Of(scope, DataType.Int32, depth, tame: true).Expr, DataType.Text),
            8 => Functions.NullIf.Of(one, Constant(DataType.Text).Expr),
            9 => Functions.Md5.Of(one),
            12 => Functions.Extract.Of(one, LiteralExpr.Of(values.Pick(["([a-z])(=|,)?([0-9a-z])", "([a-z])([0-9])"])), LiteralExpr.Of(random.Next(3))),
            13 => new CastExpr(Of(scope, values.Pick([DataType.Boolean, DataType.Int64, DataType.Date, DataType.Uuid, DataType.Enum("red", "green", "dark blue"), DataType.Decimal(9, 2), DataType.Timestamp]), depth).Expr, DataType.Text),
            _ => Functions.ReplacePattern.Of(one, LiteralExpr.Of(values.Pick(["[0-9]", "a|ab", "b+", @"\s", "z*"])), LiteralExpr.Of("#")),
        };
    }

    CallExpr Day(Scope scope, int depth) => random.Next(5) switch
    {
        3 => ReadBack(Functions.ParseDate, Of(scope, DataType.Date, depth, tame: true).Expr, values.Pick(dateFormats)),
        4 => Functions.TryParseDate.Of(Of(scope, DataType.Text, depth).Expr, LiteralExpr.Of(values.Pick(dateFormats))),
        0 => Functions.Add.Of(Of(scope, DataType.Date, 0, tame: true).Expr, LiteralExpr.Of(random.Next(-40, 40))),
        1 => Functions.TruncateTo.Of(Of(scope, DataType.Date, depth, tame: true).Expr, LiteralExpr.Of(values.Pick(["year", "quarter", "month", "week"]))),
        _ => Functions.DateOf.Of(Of(scope, DataType.Timestamp, depth, tame: true).Expr),
    };

    CallExpr Hour(Scope scope, int depth) => random.Next(4) switch
    {
        0 => ReadBack(Functions.ParseTime, Of(scope, DataType.Time, 0, tame: true).Expr, values.Pick(hourFormats)),
        1 => Functions.TryParseTime.Of(Of(scope, DataType.Text, depth).Expr, LiteralExpr.Of(values.Pick(hourFormats))),
        _ => Functions.TimeOf.Of(Of(scope, values.Pick([DataType.Timestamp, DataType.Instant]), depth, tame: true).Expr),
    };

    Made Point(Scope scope, DataType type, int depth) => new(random.Next(type.Kind == TypeKind.Timestamp ? 6 : 4) switch
    {
        3 when type.Kind == TypeKind.Timestamp => Functions.AtZone.Of(Of(scope, DataType.Instant, depth, tame: true).Expr, LiteralExpr.Of(values.Pick(zones))),
        3 => Functions.FromZone.Of(Of(scope, DataType.Timestamp, depth, tame: true).Expr, LiteralExpr.Of(values.Pick(zones))),
        4 => ReadBack(Functions.ParseTimestamp, Of(scope, type, depth, tame: true).Expr, values.Pick(timeFormats)),
        5 => Functions.TryParseTimestamp.Of(Of(scope, DataType.Text, depth).Expr, LiteralExpr.Of(values.Pick(timeFormats))),
        0 => Functions.Add.Of(Of(scope, type, 0, tame: true).Expr, Functions.ToDuration.Of(LiteralExpr.Of(random.Next(-50, 50)), LiteralExpr.Of(values.Pick(["day", "hour", "second"])))),
        1 => Functions.AddMonths.Of(Of(scope, type, 0, tame: true).Expr, LiteralExpr.Of(random.Next(-14, 15))),
        _ => Functions.TruncateTo.Of(Of(scope, type, depth, tame: true).Expr, LiteralExpr.Of(values.Pick(["year", "month", "week", "day", "hour", "minute"]))),
    }, Trait.Known);

    CallExpr Elapsed(Scope scope, int depth)
    {
        var type = values.Pick([DataType.Timestamp, DataType.Instant]);
        return random.Next(3) switch
        {
            0 => Functions.Subtract.Of(Of(scope, type, depth, tame: true).Expr, Of(scope, type, depth, tame: true).Expr),
            1 => Functions.Negate.Of(Of(scope, DataType.Duration, depth, tame: true).Expr),
            _ => Functions.ToDuration.Of(Of(scope, DataType.Int32, 0, tame: true).Expr, LiteralExpr.Of(values.Pick(["day", "hour", "minute", "second", "millisecond", "microsecond"]))),
        };
    }

    static CallExpr ReadBack(Function parse, Expr time, string format) => parse.Of(Functions.FormatTime.Of(time, LiteralExpr.Of(format)), LiteralExpr.Of(format));

    internal static Trait Both(Trait a, Trait b) => new(a.Tame && b.Tame, a.Exact && b.Exact, Math.Max(a.Bound, b.Bound));
}
