using System.Globalization;
using System.Linq.Expressions;
using Millrace.Data;

namespace Millrace.Plans;

sealed partial class LambdaTranslator
{
    /// <summary>at.ToString("yyyy-MM"): without a culture too, since plans know none. Another culture than the invariant stays C#'s.</summary>
    CallExpr? Formatted(MethodCallExpression node)
    {
        if (node.Object is not { } of || node.Arguments is not [{ Type: var first } format, ..] || first != typeof(string)) return null;
        return node.Arguments.Skip(1).All(IsInvariant) && LambdaConstant.Is(format) && LambdaConstant.Of(format) is string text ? Formatted(of, text) : null;
    }

    CallExpr? Formatted(Expression of, string format) =>
        TimeType(of.Type) is { } type && Holds(() => MomentFormat.ToWrite(format, type)) && Visit(of) is { } time ? Call(Functions.FormatTime, time, LiteralExpr.Of(format)) : null;

    /// <summary>The hole of an interpolated text, as the call that it stands for.</summary>
    static MethodCallExpression? WithFormat(Expression of, string format)
    {
        if (TimeType(of.Type) is null) return null;
        of = Nullable.GetUnderlyingType(of.Type) is null ? of : Expression.Property(of, "Value");
        return Expression.Call(of, of.Type.GetMethod(nameof(ToString), [typeof(string)])!, Expression.Constant(format));
    }

    /// <summary>DateOnly.ParseExact(text, "dd.MM.yyyy", CultureInfo.InvariantCulture), and what gives null instead of failing.</summary>
    CallExpr? Parsed(MethodCallExpression node)
    {
        var returned = node.Method.ReturnType;
        if (node.Arguments.Count < 2 || node.Arguments[0].Type != typeof(string) || node.Arguments[1].Type != typeof(string)) return null;
        if (!LambdaConstant.Is(node.Arguments[1]) || LambdaConstant.Of(node.Arguments[1]) is not string format) return null;
        // A DateTimeOffset needs to be told which zone the text means, or takes the machine's.
        var (type, isInstant) = Bare(returned) == typeof(DateTimeOffset) ? (DataType.Timestamp, true) : (TimeType(returned), false);
        if (type is null || !Holds(() => MomentFormat.ToRead(format, type))) return null;
        var styles = node.Arguments.FirstOrDefault(a => a.Type == typeof(DateTimeStyles)) is { } style ? LambdaConstant.Is(style) ? LambdaConstant.Of(style) : null : DateTimeStyles.None;
        if (styles is not (DateTimeStyles asked) || asked != (isInstant ? DateTimeStyles.AssumeUniversal : DateTimeStyles.None)) return null;
        if (!node.Arguments.Skip(2).All(a => a.Type == typeof(DateTimeStyles) || IsInvariant(a))) return null;
        if (Visit(node.Arguments[0]) is not { } text) return null;
        var call = Call(Parser(type.Kind, Nullable.GetUnderlyingType(returned) is not null), text, LiteralExpr.Of(format));
        return isInstant ? Call(Functions.FromZone, call, LiteralExpr.Of("UTC")) : call;
    }

    static Function Parser(TypeKind kind, bool tries) => (kind, tries) switch
    {
        (TypeKind.Date, false) => Functions.ParseDate,
        (TypeKind.Date, true) => Functions.TryParseDate,
        (TypeKind.Time, false) => Functions.ParseTime,
        (TypeKind.Time, true) => Functions.TryParseTime,
        (_, false) => Functions.ParseTimestamp,
        (_, true) => Functions.TryParseTimestamp,
    };

    static DataType? TimeType(Type type) => Bare(type) is var bare && (bare == typeof(DateOnly) || bare == typeof(TimeOnly) || bare == typeof(DateTime) || bare == typeof(DateTimeOffset)) ? RecordSchema.TypeOf(bare) : null;

    static bool IsInvariant(Expression node) => LambdaConstant.Is(node) && LambdaConstant.Of(node) is (null or CultureInfo { Name: "" });

    // What plans can't say of a format, C# still can.
    static bool Holds(Func<MomentFormat> pattern)
    {
        try
        {
            return pattern() is not null;
        }
        catch (PlanException)
        {
            return false;
        }
    }
}
