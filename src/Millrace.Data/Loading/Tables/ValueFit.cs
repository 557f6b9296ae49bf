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
            TypeKind.Float32 => float.TryParse(text, NumberStyles.Float, invariant, out var f) && IsSame(f, f, value, text) ? f : null,
            TypeKind.Float64 => double.TryParse(text, NumberStyles.Float, invariant, out var d) && IsSame(d, d, value, text) ? d : null,
            TypeKind.Decimal => decimal.TryParse(text, NumberStyles.Number, invariant, out var m) ? m : null,
            TypeKind.Date => DateOnly.TryParseExact(text, "yyyy-MM-dd", invariant, DateTimeStyles.None, out var day) ? day : null,
            TypeKind.Time => TimeOnly.TryParse(text, invariant, out var time) ? time : null,
            TypeKind.Timestamp => DateTime.TryParse(text, invariant, DateTimeStyles.None, out var at) ? at : null,
            TypeKind.Instant => DateTimeOffset.TryParse(text, invariant, DateTimeStyles.AssumeUniversal, out var instant) ? instant : null,
            TypeKind.Duration => TimeSpan.TryParse(text, invariant, out var span) ? span : null,
            TypeKind.List when value is IEnumerable<object?> items => List(items, ((ListType)to).Item),
            TypeKind.Struct when value is IReadOnlyDictionary<string, object?> parts => Struct(parts, ((StructType)to).Fields),
            TypeKind.Uuid => Guid.TryParse(text, out var id) ? id : null,
            _ => null,
        };
        if (to.IsNested) return parsed;
        return parsed is string || (parsed is not null && ClrValue.TryPhysical(to, parsed) is not null) ? parsed : null;
    }

    // A float that is none, or beyond the greatest, has no digits to compare.
    static bool IsSame(double number, IFormattable spelled, object value, string text) => double.IsFinite(number)
        ? value is long whole ? (Int128)number == whole : FloatFit.ReadsAs(spelled.ToString("R", CultureInfo.InvariantCulture), text)
        : value is double d && !double.IsFinite(d) || value is string && !text.AsSpan().ContainsAnyInRange('0', '9');

    static List<object?>? List(IEnumerable<object?> items, Field item)
    {
        var fitting = new List<object?>();
        foreach (var value in items)
        {
            var fits = value is null ? null : Try(value, item.Type);
            if (fits is null && (value is not null || !item.Nullable)) return null;
            fitting.Add(fits);
        }
        return fitting;
    }

    static Dictionary<string, object?>? Struct(IReadOnlyDictionary<string, object?> parts, Schema fields)
    {
        var fitting = new Dictionary<string, object?>();
        foreach (var field in fields)
        {
            var value = parts.GetValueOrDefault(field.Name);
            var fits = value is null ? null : Try(value, field.Type);
            if (fits is null && (value is not null || !field.Nullable)) return null;
            fitting.Add(field.Name, fits);
        }
        return fitting;
    }

    static object? Whole(object value, string text) => value switch
    {
        decimal m when decimal.Truncate(m) == m && Math.Abs(m) <= long.MaxValue => (long)m,
        double d when Math.Truncate(d) == d && Math.Abs(d) < 9e18 => (long)d,
        _ => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole : null,
    };
}
