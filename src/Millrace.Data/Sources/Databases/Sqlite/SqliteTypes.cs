using System.Globalization;

namespace Millrace.Data;

/// <summary>
/// What SQLite's columns hold, by the type they were declared with. SQLite itself has numbers, text and bytes only:
/// dates, times and UUIDs are text that sorts, decimals are text so that no digit is lost, durations are microseconds.
/// </summary>
static class SqliteTypes
{
    internal static string SqlOf(DataType type) => type switch
    {
        DecimalType d => $"DECIMAL_TEXT({d.Precision},{d.Scale})",
        _ => type.Kind switch
        {
            TypeKind.Boolean => "BOOLEAN",
            TypeKind.Int16 => "INT2",
            TypeKind.Int32 => "INT4",
            TypeKind.Int64 => "BIGINT",
            TypeKind.Float32 => "FLOAT4",
            TypeKind.Float64 => "DOUBLE",
            TypeKind.Text or TypeKind.Enum or TypeKind.Null => "TEXT",
            TypeKind.Binary => "BLOB",
            TypeKind.Date => "DATE",
            TypeKind.Time => "TIME",
            TypeKind.Timestamp => "TIMESTAMP",
            TypeKind.Instant => "TIMESTAMPTZ",
            TypeKind.Duration => "DURATION",
            TypeKind.Uuid => "UUID",
            _ => "JSON",
        },
    };

    /// <summary>Null where the declaration says nothing.</summary>
    internal static DataType? TypeOf(string? declared)
    {
        if (declared is null) return null;
        var name = declared.ToUpperInvariant();
        var digits = name.Contains('(', StringComparison.Ordinal) ? name[(name.IndexOf('(', StringComparison.Ordinal) + 1)..].TrimEnd(')', ' ').Split(',') : [];
        name = name.Split('(')[0].Trim();
        return name switch
        {
            "BOOLEAN" or "BOOL" => DataType.Boolean,
            "INT2" => DataType.Int16,
            "INT4" => DataType.Int32,
            "FLOAT4" => DataType.Float32,
            "DECIMAL_TEXT" or "DECIMAL" or "NUMERIC" => Decimal(digits),
            "DATE" => DataType.Date,
            "TIME" => DataType.Time,
            "TIMESTAMP" or "DATETIME" => DataType.Timestamp,
            "TIMESTAMPTZ" => DataType.Instant,
            "DURATION" => DataType.Duration,
            "UUID" or "GUID" => DataType.Uuid,
            "JSON" => DataType.Text,
            // The rules by which SQLite itself judges a declaration.
            _ when name.Contains("INT", StringComparison.Ordinal) => DataType.Int64,
            _ when name.Contains("CHAR", StringComparison.Ordinal) || name.Contains("CLOB", StringComparison.Ordinal) || name.Contains("TEXT", StringComparison.Ordinal) => DataType.Text,
            _ when name.Contains("BLOB", StringComparison.Ordinal) => DataType.Binary,
            _ when name.Contains("REAL", StringComparison.Ordinal) || name.Contains("FLOA", StringComparison.Ordinal) || name.Contains("DOUB", StringComparison.Ordinal) => DataType.Float64,
            _ => null,
        };
    }

    static DecimalType Decimal(string[] digits) =>
        digits.Length > 0 && int.TryParse(digits[0], CultureInfo.InvariantCulture, out var precision) && precision is >= 1 and <= DecimalType.MaxPrecision
            ? DataType.Decimal(precision, digits.Length > 1 && int.TryParse(digits[1], CultureInfo.InvariantCulture, out var scale) && scale >= 0 && scale <= precision ? scale : 0)
            : DataType.Decimal(38, 10);
}
