using System.Globalization;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Values one by one into a type that can hold some of them only: nothing is rounded or cut.</summary>
static class ValueFit
{
    /// <summary>The value as that type spells it; null where it isn't one.</summary>
    internal static object? Try(object value, DataType to)
    {
        if (ClrValue.TryPhysical(to, value) is not null) return value;
        var text = value as string ?? ClrValue.Display(value);
        var invariant = CultureInfo.InvariantCulture;
        object? parsed = to.Kind switch
        {
            TypeKind.Text => text,
            TypeKind.Enum => ((EnumType)to).Names.Contains(text) ? text : null,
            TypeKind.Boolean => bool.TryParse(text, out var b) ? b : null,
            TypeKind.Int16 or TypeKind.Int32 or TypeKind.Int64 => Whole(value, text),
            TypeKind.Float32 => float.TryParse(text, NumberStyles.Float, invariant, out var f) ? f : null,
            TypeKind.Float64 => double.TryParse(text, NumberStyles.Float, invariant, out var d) ? d : null,
            TypeKind.Decimal => decimal.TryParse(text, NumberStyles.Number, invariant, out var m) ? m : null,
            TypeKind.Date => DateOnly.TryParseExact(text, "yyyy-MM-dd", invariant, DateTimeStyles.None, out var day) ? day : null,
            TypeKind.Time => TimeOnly.TryParse(text, invariant, out var time) ? time : null,
            TypeKind.Timestamp => DateTime.TryParse(text, invariant, DateTimeStyles.None, out var at) ? at : null,
            TypeKind.Instant => DateTimeOffset.TryParse(text, invariant, DateTimeStyles.AssumeUniversal, out var instant) ? instant : null,
            TypeKind.Duration => TimeSpan.TryParse(text, invariant, out var span) ? span : null,
            TypeKind.Uuid => Guid.TryParse(text, out var id) ? id : null,
            _ => null,
        };
        return parsed is string || (parsed is not null && ClrValue.TryPhysical(to, parsed) is not null) ? parsed : null;
    }

    static object? Whole(object value, string text) => value switch
    {
        decimal m when decimal.Truncate(m) == m && Math.Abs(m) <= long.MaxValue => (long)m,
        double d when Math.Truncate(d) == d && Math.Abs(d) < 9e18 => (long)d,
        _ => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole : null,
    };
}
