using System.Globalization;
using System.Linq.Expressions;
using System.Text.RegularExpressions;
using Millrace.Data;

namespace Millrace.Plans;

sealed partial class LambdaTranslator
{
    Expr? Method(MethodCallExpression node)
    {
        if (node.Object is ParameterExpression parameter)
        {
            switch (scopes.GetValueOrDefault(parameter))
            {
                case GroupScope group: return Aggregated(node, group);
                case WindowScope window: return Windowed(node, window, null, null);
            }
        }
        if (node.Object is MethodCallExpression && ChosenWindow(node.Object) is { } near) return Windowed(node, near.Window, near.Where, near.Frame);
        if (node.Object is MethodCallExpression && ChosenGroup(node.Object) is { } chosen) return Aggregated(node, chosen.Group, chosen.Where, chosen.OrderBy);

        var type = node.Method.DeclaringType!;
        if (type == typeof(string)) return Text(node);
        if (type == typeof(Math) || type == typeof(MathF)) return Arithmetic(node);
        if (type == typeof(Regex)) return Pattern(node);
        if (type == typeof(Moments)) return Moment(node);
        if (type == typeof(DateTime) || type == typeof(DateTimeOffset) || type == typeof(DateOnly) || type == typeof(TimeOnly) || type == typeof(TimeSpan)) return Time(node);
        if (node.Method.DeclaringType == typeof(Parsing)) return Parsed(node);
        if (node.Method.Name == nameof(Nullable<>.GetValueOrDefault) && node.Object is { } maybe && Nullable.GetUnderlyingType(maybe.Type) is { } bare)
        {
            var otherwise = node.Arguments.Count == 1 ? Visit(node.Arguments[0]) : LiteralExpr.Of(Activator.CreateInstance(bare));
            return Visit(maybe) is { } value && otherwise is not null ? Call(Functions.Coalesce, value, otherwise) : null;
        }
        switch (node.Method.Name)
        {
            case "Contains" when Sought(node) is var (list, item):
                return Listed(list, item);
            case "get_Item" when node.Object is { } of && node.Arguments.Count == 1:
                return Item(of, node.Arguments[0]);
            case "Parse" when node.Arguments.Count >= 1 && node.Method.IsStatic && type == node.Method.ReturnType && node.Arguments.Skip(1).All(a => LambdaConstant.Is(a) && LambdaConstant.Of(a) is IFormatProvider f && f == CultureInfo.InvariantCulture):
                return RecordSchema.TypeOf(type) is { IsNested: false, Kind: not TypeKind.Enum } to && Visit(node.Arguments[0]) is { } text ? new CastExpr(text, to) : null;
            case nameof(ToString) when node.Object is { } of && node.Arguments.Count == 0:
                return Written(of);
            case nameof(Equals) when node.Object is { } left && node.Arguments.Count == 1 && node.Arguments[0].Type == left.Type:
                return Visit(left) is { } l && Visit(node.Arguments[0]) is { } r ? NullTest.OrComparison(Functions.Equals, l, r) : null;
            default:
                return null;
        }
    }

    /// <summary>ToString(): of what a cast to text writes as C# does.</summary>
    Expr? Written(Expression of) => Bare(of.Type) is var type && (type == typeof(string) || type.IsEnum && type != typeof(DayOfWeek)) ? Visit(of)
        : RecordSchema.TypeOf(type) is { Kind: TypeKind.Int16 or TypeKind.Int32 or TypeKind.Int64 or TypeKind.Uuid } && Visit(of) is { } value ? new CastExpr(value, DataType.Text)
        : null;

    static (Expression List, Expression Item)? Sought(MethodCallExpression node) => (node.Object, node.Arguments) switch
    {
        (null, [var list, var item]) => (list, item),
        // C# 14 finds the span's Contains for an array, with a comparer that is null.
        (null, [var list, var item, var comparer]) when LambdaConstant.Is(comparer) && LambdaConstant.Of(comparer) is null => (list, item),
        ({ } list, [var item]) when list.Type != typeof(string) => (list, item),
        _ => null,
    };

    CallExpr? Listed(Expression list, Expression item)
    {
        if (!LambdaConstant.Is(list) || LambdaConstant.Of(list) is not System.Collections.IEnumerable values || Visit(Stripped(item)) is not { } sought) return null;
        var literals = new List<Expr> { sought };
        foreach (var value in values)
        {
            if (value is not null && RecordSchema.TypeOf(value.GetType()) is not { IsNested: false }) return null;
            literals.Add(value is DayOfWeek day ? LiteralExpr.Of((int)day) : LiteralExpr.Of(value));
        }
        var call = Call(Functions.In, [.. literals]);
        return TypeOf(call) is null ? null : call;
    }

    CallExpr? Item(Expression of, Expression index)
    {
        if (of is MethodCallExpression { Method.Name: nameof(string.Split) } split && split.Method.DeclaringType == typeof(string) && Separator(split) is { } separator)
            return Visit(split.Object!) is { } text && Visit(index) is { } part ? Call(Functions.SplitPart, text, LiteralExpr.Of(separator), part) : null;
        if (Visit(of) is not { } list || Visit(index) is not { } at || TypeOf(list) is not { } type) return null;
        return type.Type.Kind switch
        {
            TypeKind.List => Call(Functions.Element, list, at),
            TypeKind.Map => Call(Functions.Lookup, list, at),
            _ => null,
        };
    }

    static string? Separator(MethodCallExpression split) => split.Arguments.Count >= 1 && split.Arguments.All(LambdaConstant.Is) && split.Arguments.Skip(1).All(a => LambdaConstant.Of(a) is StringSplitOptions.None)
        ? LambdaConstant.Of(split.Arguments[0]) switch { char c => c.ToString(), string s => s, char[] and [var only] => only.ToString(), _ => null }
        : null;

    CallExpr? Arithmetic(MethodCallExpression node)
    {
        var name = node.Method.Name;
        var arguments = node.Arguments;
        Function? function = (name, arguments.Count) switch
        {
            (nameof(Math.Abs), 1) => Functions.Abs,
            (nameof(Math.Sign), 1) => Functions.Sign,
            (nameof(Math.Floor), 1) => Functions.Floor,
            (nameof(Math.Ceiling), 1) => Functions.Ceiling,
            (nameof(Math.Truncate), 1) => Functions.Truncate,
            (nameof(Math.Sqrt), 1) => Functions.Sqrt,
            (nameof(Math.Pow), 2) => Functions.Power,
            (nameof(Math.Exp), 1) => Functions.Exp,
            (nameof(Math.Log), 1) => Functions.Ln,
            (nameof(Math.Log10), 1) => Functions.Log10,
            (nameof(Math.Min), 2) => Functions.Least,
            (nameof(Math.Max), 2) => Functions.Greatest,
            (nameof(Math.Round), _) => Functions.Round,
            _ => null,
        };
        if (name == nameof(Math.Clamp))
            return Visit(arguments[0]) is { } v && Visit(arguments[1]) is { } least && Visit(arguments[2]) is { } most ? Call(Functions.Least, Call(Functions.Greatest, v, least), most) : null;
        if (function is null) return null;
        // Plans round halves away from zero; another rule, said aloud, is C#'s to follow.
        var rounding = arguments.LastOrDefault(a => a.Type == typeof(MidpointRounding));
        if (rounding is not null && !(LambdaConstant.Is(rounding) && LambdaConstant.Of(rounding) is MidpointRounding.AwayFromZero)) return null;
        // Sqrt and its like take any number: what C# widened for them need not be.
        var widens = function == Functions.Sqrt || function == Functions.Power || function == Functions.Exp || function == Functions.Ln || function == Functions.Log10;
        var values = arguments.Where(a => a != rounding).Select(a => Visit(widens ? Unwidened(a) : a)).ToList();
        if (values.Contains(null)) return null;
        var call = Call(function, [.. values!]);
        return TypeOf(call) is null ? null : call;
    }

    CallExpr? Pattern(MethodCallExpression node)
    {
        // Patterns of Regex objects carry options and timeouts that engines don't know.
        if (node.Object is not null || node.Arguments.Any(a => a.Type == typeof(RegexOptions) || a.Type == typeof(TimeSpan))) return null;
        if (!LambdaConstant.Is(node.Arguments[1]) || LambdaConstant.Of(node.Arguments[1]) is not string pattern || !CommonPattern.Holds(pattern)) return null;
        if (Visit(node.Arguments[0]) is not { } text) return null;
        return node.Method.Name switch
        {
            nameof(Regex.IsMatch) => Call(Functions.Matches, text, LiteralExpr.Of(pattern)),
            // What $ and \ mean in a replacement differs between engines.
            nameof(Regex.Replace) when LambdaConstant.Is(node.Arguments[2]) && LambdaConstant.Of(node.Arguments[2]) is string by && by.AsSpan().IndexOfAny('$', '\\') < 0
                => Call(Functions.ReplacePattern, text, LiteralExpr.Of(pattern), LiteralExpr.Of(by)),
            _ => null,
        };
    }

    CallExpr? Moment(MethodCallExpression node)
    {
        if (Visit(node.Arguments[0]) is not { } time || !LambdaConstant.Is(node.Arguments[1])) return null;
        return LambdaConstant.Of(node.Arguments[1]) switch
        {
            TimeUnit unit and not (TimeUnit.Milliseconds or TimeUnit.Microseconds) => Call(Functions.TruncateTo, time, unit.Literal),
            string zone => Call(node.Method.Name == nameof(Moments.AtZone) ? Functions.AtZone : Functions.FromZone, time, LiteralExpr.Of(zone)),
            _ => null,
        };
    }

    CallExpr? Time(MethodCallExpression node)
    {
        var name = node.Method.Name;
        if (name == "ParseExact") return Parsed(node);
        if (name == nameof(ToString)) return Formatted(node);
        if (node.Object is null)
        {
            if (node.Arguments.Count != 1) return null;
            if (name == nameof(DateOnly.FromDateTime) && Visit(node.Arguments[0]) is { } moment)
                return Call(node.Method.DeclaringType == typeof(DateOnly) ? Functions.DateOf : Functions.TimeOf, moment);
            return name.StartsWith("From", StringComparison.Ordinal) && UnitOf(name[4..]) is { } unit && Whole(node.Arguments[0]) is { } units ? Call(Functions.ToDuration, units, unit.Literal) : null;
        }
        if (node.Arguments.Count != 1 || Visit(node.Object) is not { } time) return null;
        var isDate = node.Object.Type == typeof(DateOnly);
        var by = node.Arguments[0];
        switch (name)
        {
            case nameof(DateTime.AddMonths):
                return Visit(by) is { } months ? Call(Functions.AddMonths, time, months) : null;
            case nameof(DateTime.AddYears):
                return LambdaConstant.Is(by) ? Call(Functions.AddMonths, time, LiteralExpr.Of(12 * (int)LambdaConstant.Of(by)!))
                    : Visit(by) is { } years ? Call(Functions.AddMonths, time, Call(Functions.Multiply, years, LiteralExpr.Of(12))) : null;
            case nameof(DateOnly.AddDays) when isDate:
                return Visit(by) is { } days ? Call(Functions.Add, time, days) : null;
            case nameof(DateTime.Add) when by.Type == typeof(TimeSpan):
                return Visit(by) is { } span && node.Object.Type != typeof(TimeOnly) ? Call(Functions.Add, time, span) : null;
            case nameof(DateTime.Subtract) when !isDate && node.Object.Type != typeof(TimeOnly):
                return Visit(by) is { } other ? Call(Functions.Subtract, time, other) : null;
        }
        if (node.Object.Type == typeof(TimeOnly) || !name.StartsWith("Add", StringComparison.Ordinal) || UnitOf(name[3..]) is not { } each) return null;
        return Whole(by) is { } count ? Call(Functions.Add, time, LambdaConstant.Is(by) ? LiteralExpr.Of(Span(each, Convert.ToDouble(LambdaConstant.Of(by), CultureInfo.InvariantCulture))) : Call(Functions.ToDuration, count, each.Literal)) : null;
    }

    /// <summary>A whole number of units: an integer that C# widened, or a constant.</summary>
    Expr? Whole(Expression node) => LambdaConstant.Is(node) ? Constant(node) : Unwidened(node) is var number && RecordSchema.TypeOf(Bare(number.Type)) is { IsInteger: true } ? Visit(number) : null;

    static TimeUnit? UnitOf(string name) => Enum.TryParse<TimeUnit>(name, out var unit) && unit <= TimeUnit.Days ? unit : null;

    static TimeSpan Span(TimeUnit unit, double count) => unit switch
    {
        TimeUnit.Microseconds => TimeSpan.FromMicroseconds(count),
        TimeUnit.Milliseconds => TimeSpan.FromMilliseconds(count),
        TimeUnit.Seconds => TimeSpan.FromSeconds(count),
        TimeUnit.Minutes => TimeSpan.FromMinutes(count),
        TimeUnit.Hours => TimeSpan.FromHours(count),
        _ => TimeSpan.FromDays(count),
    };
}
