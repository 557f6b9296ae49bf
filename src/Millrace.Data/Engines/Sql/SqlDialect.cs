using System.Globalization;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>What one database says differently from the others.</summary>
abstract class SqlDialect
{
    internal abstract string Name { get; }
    internal abstract string TypeName(DataType type);

    /// <summary>The functions of the catalogue, by name.</summary>
    internal abstract IReadOnlyDictionary<string, Func<SqlCall, string>> Functions { get; }

    internal abstract string Cast(string value, DataType from, DataType to, bool strict);
    internal abstract string Aggregate(SqlAggregate aggregate);
    internal abstract string Binary(byte[] value);
    internal abstract string Float(double value);
    internal abstract string List(IEnumerable<string> items);
    internal abstract string Struct(IEnumerable<(string Name, string Value)> fields);

    /// <summary>A text where its order matters, so that bytes decide.</summary>
    internal abstract string Ordered(string text);

    /// <summary>Null where all of the type's values can be held.</summary>
    internal virtual string? WhyNot(DataType type) => null;

    /// <summary>Whether a window can leave nulls out of its values.</summary>
    internal abstract bool IgnoresNulls { get; }

    internal abstract string AsOfJoin(SqlJoin join);
    internal abstract string PositionalJoin(SqlJoin join);

    internal static string Text(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A constant that has exactly its type wherever it stands.</summary>
    internal string Literal(object? value, DataType type) => value switch
    {
        null => type.Kind == TypeKind.Null ? "NULL" : $"CAST(NULL AS {TypeName(type)})",
        bool b => b ? "TRUE" : "FALSE",
        string s when type.Kind is TypeKind.Text or TypeKind.Enum => s.Contains('\0')
            ? throw new InexpressibleException("a text constant holds the character NUL")
            : Text(s),
        byte[] bytes => Binary(bytes),
        DateOnly d => $"DATE '{d.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}'",
        TimeOnly t => $"TIME '{t.ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}'",
        DateTimeOffset t => $"TIMESTAMPTZ '{t.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}+00'",
        DateTime t when type.Kind == TypeKind.Instant => $"TIMESTAMPTZ '{t.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}+00'",
        DateTime t => $"TIMESTAMP '{t.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}'",
        TimeSpan span => $"INTERVAL '{(span.Ticks / TimeSpan.TicksPerMicrosecond).ToString(CultureInfo.InvariantCulture)} microseconds'",
        Guid id => $"CAST('{id}' AS {TypeName(type)})",
        double d when type.Kind == TypeKind.Float64 => Float(d),
        float f when type.Kind == TypeKind.Float32 => $"CAST('{f.ToString("R", CultureInfo.InvariantCulture)}' AS {TypeName(type)})",
        _ => $"CAST({Number(value)} AS {TypeName(type)})",
    };

    internal static string Number(object value) => value is IFormattable number and (sbyte or byte or short or ushort or int or uint or long or ulong or decimal or Int128 or float or double)
        ? number.ToString(null, CultureInfo.InvariantCulture)
        : throw new InexpressibleException($"a {value.GetType().Name} can't be a constant in SQL");
}

/// <summary>An aggregate whose arguments are written.</summary>
/// <param name="Tail">Its filter, or nothing: stands behind the closing bracket.</param>
/// <param name="Over">Its window, or nothing: stands behind the filter.</param>
sealed record SqlAggregate(AggregateExpr Expr, IReadOnlyList<string> Arguments, IReadOnlyList<DataType> Types, DataType Result, IReadOnlyList<string> Order, IReadOnlyList<string> ReverseOrder, string Tail, string Over)
{
    internal string Name => Expr.Aggregate.Name;
    internal string Distinct => Expr.Distinct ? "DISTINCT " : "";
    internal string OrderBy => Order.Count == 0 ? "" : $" ORDER BY {string.Join(", ", Order)}";

    /// <summary>A plain call: name, arguments, filter, window.</summary>
    internal string Call(string function, params IEnumerable<string> arguments) =>
        $"{function}({Distinct}{string.Join(", ", arguments)}){Tail}{Over}";
}

/// <summary>A join whose parts are written; the sides are called <c>l</c> and <c>r</c>.</summary>
/// <param name="Before">That the right side isn't after the left, for an as-of join.</param>
/// <param name="By">The right side's value in order.</param>
sealed record SqlJoin(string Columns, string Left, string Right, IReadOnlyList<string> Keys, string? Also, string? Before = null, string? By = null);
