using System.Reflection;

namespace Millrace.Plans;

/// <summary>What properties of .NET's own types mean in a plan.</summary>
static class LambdaMembers
{
    static readonly Dictionary<(Type, string), Func<Expr, Expr>> members = new()
    {
        [(typeof(string), nameof(string.Length))] = v => Call(Functions.Length, v),

        [(typeof(DateTime), nameof(DateTime.Year))] = v => Call(Functions.Year, v),
        [(typeof(DateTime), nameof(DateTime.Month))] = v => Call(Functions.Month, v),
        [(typeof(DateTime), nameof(DateTime.Day))] = v => Call(Functions.Day, v),
        [(typeof(DateTime), nameof(DateTime.Hour))] = v => Call(Functions.Hour, v),
        [(typeof(DateTime), nameof(DateTime.Minute))] = v => Call(Functions.Minute, v),
        [(typeof(DateTime), nameof(DateTime.Second))] = v => Call(Functions.Second, v),
        [(typeof(DateTime), nameof(DateTime.DayOfWeek))] = v => Call(Functions.DayOfWeek, v),
        [(typeof(DateTime), nameof(DateTime.DayOfYear))] = v => Call(Functions.DayOfYear, v),
        [(typeof(DateTime), nameof(DateTime.Date))] = v => Call(Functions.TruncateTo, v, LiteralExpr.Of("day")),
        [(typeof(DateTime), nameof(DateTime.TimeOfDay))] = SinceMidnight,

        [(typeof(DateTimeOffset), nameof(DateTimeOffset.Year))] = v => Call(Functions.Year, v),
        [(typeof(DateTimeOffset), nameof(DateTimeOffset.Month))] = v => Call(Functions.Month, v),
        [(typeof(DateTimeOffset), nameof(DateTimeOffset.Day))] = v => Call(Functions.Day, v),
        [(typeof(DateTimeOffset), nameof(DateTimeOffset.Hour))] = v => Call(Functions.Hour, v),
        [(typeof(DateTimeOffset), nameof(DateTimeOffset.Minute))] = v => Call(Functions.Minute, v),
        [(typeof(DateTimeOffset), nameof(DateTimeOffset.Second))] = v => Call(Functions.Second, v),
        [(typeof(DateTimeOffset), nameof(DateTimeOffset.DayOfWeek))] = v => Call(Functions.DayOfWeek, v),
        [(typeof(DateTimeOffset), nameof(DateTimeOffset.DayOfYear))] = v => Call(Functions.DayOfYear, v),
        [(typeof(DateTimeOffset), nameof(DateTimeOffset.TimeOfDay))] = SinceMidnight,
        [(typeof(DateTimeOffset), nameof(DateTimeOffset.UtcDateTime))] = InUtc,
        [(typeof(DateTimeOffset), nameof(DateTimeOffset.DateTime))] = InUtc,
        [(typeof(DateTimeOffset), nameof(DateTimeOffset.Date))] = v => Call(Functions.TruncateTo, InUtc(v), LiteralExpr.Of("day")),

        [(typeof(DateOnly), nameof(DateOnly.Year))] = v => Call(Functions.Year, v),
        [(typeof(DateOnly), nameof(DateOnly.Month))] = v => Call(Functions.Month, v),
        [(typeof(DateOnly), nameof(DateOnly.Day))] = v => Call(Functions.Day, v),
        [(typeof(DateOnly), nameof(DateOnly.DayOfWeek))] = v => Call(Functions.DayOfWeek, v),
        [(typeof(DateOnly), nameof(DateOnly.DayOfYear))] = v => Call(Functions.DayOfYear, v),

        [(typeof(TimeOnly), nameof(TimeOnly.Hour))] = v => Call(Functions.Hour, v),
        [(typeof(TimeOnly), nameof(TimeOnly.Minute))] = v => Call(Functions.Minute, v),
        [(typeof(TimeOnly), nameof(TimeOnly.Second))] = v => Call(Functions.Second, v),

        [(typeof(TimeSpan), nameof(TimeSpan.TotalSeconds))] = v => Call(Functions.TotalSeconds, v),
        [(typeof(TimeSpan), nameof(TimeSpan.TotalMilliseconds))] = v => Call(Functions.Multiply, Call(Functions.TotalSeconds, v), LiteralExpr.Of(1000.0)),
        [(typeof(TimeSpan), nameof(TimeSpan.TotalMinutes))] = v => Call(Functions.Divide, Call(Functions.TotalSeconds, v), LiteralExpr.Of(60.0)),
        [(typeof(TimeSpan), nameof(TimeSpan.TotalHours))] = v => Call(Functions.Divide, Call(Functions.TotalSeconds, v), LiteralExpr.Of(3600.0)),
        [(typeof(TimeSpan), nameof(TimeSpan.TotalDays))] = v => Call(Functions.Divide, Call(Functions.TotalSeconds, v), LiteralExpr.Of(86400.0)),
    };

    internal static Func<Expr, Expr>? Find(PropertyInfo property)
    {
        if (members.TryGetValue((property.DeclaringType!, property.Name), out var meaning)) return meaning;
        // A list's or a map's own count, whatever collection it was declared as.
        var isCount = property.Name is "Count" && RecordSchema.TypeOf(property.ReflectedType!) is { Kind: TypeKind.List or TypeKind.Map };
        return isCount ? v => Call(Functions.ItemCount, v) : null;
    }

    static CallExpr SinceMidnight(Expr v) => Call(Functions.Subtract, v, Call(Functions.TruncateTo, v, LiteralExpr.Of("day")));

    static CallExpr InUtc(Expr v) => Call(Functions.AtZone, v, LiteralExpr.Of("UTC"));

    static CallExpr Call(Function function, params Sequence<Expr> arguments) => new(function, arguments);
}
