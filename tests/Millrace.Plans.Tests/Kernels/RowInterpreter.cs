using System.Globalization;
using System.Numerics;
using System.Text;

namespace Millrace.Plans.Tests;

/// <summary>What an expression means, one row at a time, in the plainest C# there is: what kernels are compared with.</summary>
static class RowInterpreter
{
    /// <summary>The row has no value: overflow, division by zero, a cast that doesn't fit.</summary>
    internal sealed class NoValue : Exception;

    internal static object? Of(Expr expr, Schema schema, object?[] row)
    {
        switch (expr)
        {
            case ColumnExpr column:
                return row[schema.IndexOf(column.Name)];
            case LiteralExpr literal:
                return literal.Value;
            case CastExpr cast:
                var value = Of(cast.Value, schema, row);
                if (cast.Strict) return As(value, cast.To);
                try
                {
                    return As(value, cast.To);
                }
                catch (NoValue)
                {
                    return null;
                }
            case CaseExpr choice:
                var type = expr.TypeIn(schema).Type;
                foreach (var branch in choice.Branches)
                    if (Of(branch.When, schema, row) is true) return As(Of(branch.Then, schema, row), type);
                return As(Of(choice.Else, schema, row), type);
            case CallExpr call:
                return Call(call, schema, row);
            default:
                throw new NotSupportedException(expr.ToString());
        }
    }

    static object? Call(CallExpr call, Schema schema, object?[] row)
    {
        var type = call.TypeIn(schema).Type;
        var name = call.Function.Name;
        if (name is "and" or "or")
        {
            var decisive = name == "or";
            var left = Of(call.Arguments[0], schema, row);
            if (left is bool l && l == decisive) return decisive;
            var right = Of(call.Arguments[1], schema, row);
            return right is bool r && r == decisive ? decisive : left is null || right is null ? null : !decisive;
        }
        if (name == "coalesce")
        {
            foreach (var argument in call.Arguments)
                if (Of(argument, schema, row) is { } known) return As(known, type);
            return null;
        }
        if (IsStrict(call) ? call.Arguments.Any(x => AlwaysNull(x, schema)) : name is "in" or "null_if" && AlwaysNull(call.Arguments[0], schema)) return null;
        var types = call.Arguments.Select(a => a.TypeIn(schema).Type).ToArray();
        var a = call.Arguments.Select(x => Of(x, schema, row)).ToArray();
        object? Common(int i) => As(a[i], types.Aggregate((x, y) => TypeRules.Common(x, y)!));
        switch (name)
        {
            case "is_null":
                return a[0] is null;
            case "same":
                return a[0] is null || a[1] is null ? a[0] is null && a[1] is null : Compare(Common(0)!, Common(1)!) == 0;
            case "null_if":
                return a[0] is null || (a[1] is not null && Compare(Common(0)!, Common(1)!) == 0) ? null : a[0];
            case "in":
                if (a[0] is null) return null;
                if (Enumerable.Range(1, a.Length - 1).Any(i => a[i] is not null && Compare(Common(0)!, Common(i)!) == 0)) return true;
                return a.Skip(1).Contains(null) ? null : false;
            case "least" or "greatest":
                var known = Enumerable.Range(0, a.Length).Where(i => a[i] is not null).Select(i => Common(i)!).ToList();
                return known.Count == 0 ? null : known.Aggregate((x, y) => Compare(x, y) < 0 == (name == "least") ? x : Compare(x, y) == 0 ? x : y);
        }
        if (a.Contains(null)) return null;
        if (name is "equals" or "not_equals" or "less" or "less_or_equal" or "greater" or "greater_or_equal")
        {
            var order = Compare(Common(0)!, Common(1)!);
            return name switch { "equals" => order == 0, "not_equals" => order != 0, "less" => order < 0, "less_or_equal" => order <= 0, "greater" => order > 0, _ => order >= 0 };
        }
        if (name is "add" or "subtract" or "multiply" or "divide" or "modulo") return Arithmetic(name, type, a!);
        return Scalar(name, type, a!);
    }

    static bool IsStrict(CallExpr call) => call.Function.Name is not ("and" or "or" or "coalesce" or "is_null" or "same" or "null_if" or "in" or "least" or "greatest");

    // What is null whatever the row says isn't computed, so it can't fail.
    static bool AlwaysNull(Expr expr, Schema schema)
    {
        if (expr is CastExpr cast && AlwaysNull(cast.Value, schema)) return true;
        if (expr is CallExpr call && (IsStrict(call) ? call.Arguments.Any(x => AlwaysNull(x, schema)) : call.Function.Name is "in" or "null_if" && AlwaysNull(call.Arguments[0], schema))) return true;
        try
        {
            return !expr.ColumnNames.Any() && Of(expr, schema, []) is null;
        }
        catch (NoValue)
        {
            return false;
        }
    }

    static object Arithmetic(string name, DataType type, object[] a)
    {
        if (type is DecimalType d)
        {
            var (x, y) = ((decimal)As(a[0], DataType.Decimal(28, 10))!, (decimal)As(a[1], DataType.Decimal(28, 10))!);
            if (name == "modulo" && y == 0) throw new NoValue();
            return As(name switch { "add" => x + y, "subtract" => x - y, "multiply" => x * y, _ => x % y }, d)!;
        }
        if (type.IsFloat)
        {
            var (x, y) = ((double)As(a[0], DataType.Float64)!, (double)As(a[1], DataType.Float64)!);
            if (y == 0 && name is "divide" or "modulo" && y == 0) throw new NoValue();
            return name switch { "add" => x + y, "subtract" => x - y, "multiply" => x * y, "divide" => x / y, _ => x % y };
        }
        var (m, n) = (BigInteger.Parse($"{a[0]}", CultureInfo.InvariantCulture), BigInteger.Parse($"{a[1]}", CultureInfo.InvariantCulture));
        if (n == 0 && name is "divide" or "modulo" && n == 0) throw new NoValue();
        return Whole(name switch { "add" => m + n, "subtract" => m - n, "multiply" => m * n, "divide" => BigInteger.Divide(m, n), _ => BigInteger.Remainder(m, n) }, type);
    }

    static object? Scalar(string name, DataType type, object[] a)
    {
        string Text(int i) => (string)a[i];
        Rune[] Runes(int i) => [.. Text(i).EnumerateRunes()];
        static string Joined(IEnumerable<Rune> runes) => string.Concat(runes);
        DateTime Time(int i) => a[i] is DateOnly date ? date.ToDateTime(default) : (DateTime)a[i];
        switch (name)
        {
            case "not": return !(bool)a[0];
            case "negate": return a[0] is double x ? -x : Whole(-BigInteger.Parse($"{a[0]}", CultureInfo.InvariantCulture), type);
            case "abs": return a[0] is double y ? Math.Abs(y) : Whole(BigInteger.Abs(BigInteger.Parse($"{a[0]}", CultureInfo.InvariantCulture)), type);
            case "concat": return string.Concat(a);
            case "upper": return Text(0).ToUpperInvariant();
            case "lower": return Text(0).ToLowerInvariant();
            case "trim": return Text(0).Trim(' ');
            case "length": return Runes(0).Length;
            case "reverse": return Joined(Runes(0).Reverse());
            case "contains": return Text(0).Contains(Text(1), StringComparison.Ordinal);
            case "starts_with": return Text(0).StartsWith(Text(1), StringComparison.Ordinal);
            case "ends_with": return Text(0).EndsWith(Text(1), StringComparison.Ordinal);
            case "replace": return Text(1).Length == 0 ? Text(0) : Text(0).Replace(Text(1), Text(2), StringComparison.Ordinal);
            case "index_of":
                var at = Text(0).IndexOf(Text(1), StringComparison.Ordinal);
                return at < 0 ? -1 : Text(0)[..at].EnumerateRunes().Count();
            case "substring":
                // Position by position, as if there were something before the text.
                return Joined(Runes(0).Where((_, i) => i >= (int)a[1] && (a.Length < 3 || i < (long)(int)a[1] + (int)a[2])));
            case "year": return Time(0).Year;
            case "month": return Time(0).Month;
            case "day": return Time(0).Day;
            case "quarter": return (Time(0).Month + 2) / 3;
            case "week": return ISOWeek.GetWeekOfYear(Time(0));
            case "day_of_week": return (int)Time(0).DayOfWeek;
            case "day_of_year": return Time(0).DayOfYear;
            case "hour": return Time(0).Hour;
            case "minute": return Time(0).Minute;
            case "format_time": return ((IFormattable)a[0]).ToString(Text(1), CultureInfo.InvariantCulture);
            case "parse_date" or "try_parse_date": return DateOnly.TryParseExact(Text(0), Text(1), CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : name[0] == 't' ? null : throw new NoValue();
            case "parse_timestamp" or "try_parse_timestamp": return DateTime.TryParseExact(Text(0), Text(1), CultureInfo.InvariantCulture, DateTimeStyles.None, out var moment) ? moment : name[0] == 't' ? null : throw new NoValue();
            default: throw new NotSupportedException(name);
        }
    }

    static object Whole(BigInteger value, DataType type) => type.Kind switch
    {
        TypeKind.Int16 when value >= short.MinValue && value <= short.MaxValue => (object)(short)value,
        TypeKind.Int32 when value >= int.MinValue && value <= int.MaxValue => (int)value,
        TypeKind.Int64 when value >= long.MinValue && value <= long.MaxValue => (long)value,
        _ => throw new NoValue(),
    };

    static object? As(object? value, DataType type)
    {
        if (value is null) return null;
        switch (type.Kind)
        {
            case TypeKind.Int16 or TypeKind.Int32 or TypeKind.Int64:
                if (value is double x) return double.IsFinite(x) ? Whole((BigInteger)Math.Round(x, MidpointRounding.AwayFromZero), type) : throw new NoValue();
                if (value is decimal m) return Whole((BigInteger)Math.Round(m, MidpointRounding.AwayFromZero), type);
                if (value is bool b) return Whole(b ? 1 : 0, type);
                return value is string digits && !BigInteger.TryParse(digits.Trim(' '), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
                    ? throw new NoValue()
                    : Whole(BigInteger.Parse($"{value}".Trim(' '), CultureInfo.InvariantCulture), type);
            case TypeKind.Float64:
                return value is string number
                    ? double.TryParse(number.Trim(' '), NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) ? parsed : throw new NoValue()
                    : Convert.ToDouble(value, CultureInfo.InvariantCulture);
            case TypeKind.Decimal:
                var (scale, precision) = (((DecimalType)type).Scale, ((DecimalType)type).Precision);
                if (value is double f && (!double.IsFinite(f) || Math.Abs(f) > 1e20)) throw new NoValue();
                var exact = Math.Round(value is double g ? (decimal)g : Convert.ToDecimal(value, CultureInfo.InvariantCulture), Math.Min(scale, 28), MidpointRounding.AwayFromZero);
                return Math.Abs(exact) < (decimal)Math.Pow(10, Math.Min(28, precision - scale)) ? exact : throw new NoValue();
            case TypeKind.Timestamp:
                return value is DateOnly date ? date.ToDateTime(default) : value;
            case TypeKind.Text:
                return value switch { bool t => t ? "true" : "false", int or long or short or string => $"{value}", _ => throw new NotSupportedException($"{value.GetType()} as text") };
            default:
                return value;
        }
    }

    static int Compare(object a, object b) => (a, b) switch
    {
        (double x, double y) => double.IsNaN(x) || double.IsNaN(y) ? double.IsNaN(x).CompareTo(double.IsNaN(y)) : x.CompareTo(y) is var c && x == y ? 0 : c,
        (string x, string y) => Encoding.UTF8.GetBytes(x).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y)),
        _ => ((IComparable)a).CompareTo(b),
    };
}
