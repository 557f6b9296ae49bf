using Npgsql.PostgresTypes;
using Npgsql.Schema;

namespace Millrace.Data;

/// <summary>PostgreSQL's types and ours.</summary>
static class PostgresTypes
{
    // What a numeric without digits is read as: more behind the point fails the read, with the remedy.
    static readonly DecimalType OpenDecimal = DataType.Decimal(38, 10);

    internal static Field FieldOf(NpgsqlDbColumn column, string place) =>
        new(column.ColumnName,
            TypeOf(column.PostgresType, column.NumericPrecision, column.NumericScale)
                ?? throw new DatabaseException(
                    $"Column '{column.ColumnName}' of {place} is of the type {column.PostgresType.DisplayName}, which no column here holds. Read it by a query that casts it: select {TableName.Quote(column.ColumnName)}::text ..."),
            column.AllowDBNull ?? true);

    static DataType? TypeOf(PostgresType type, int? precision, int? scale) => type switch
    {
        PostgresDomainType domain => TypeOf(domain.BaseType, precision, scale),
        PostgresEnumType named => DataType.Enum(named.Labels),
        PostgresArrayType array => TypeOf(array.Element, null, null) is { } item ? DataType.List(item) : null,
        _ => type.InternalName switch
        {
            "bool" => DataType.Boolean,
            "int2" => DataType.Int16,
            "int4" => DataType.Int32,
            "int8" or "oid" => DataType.Int64,
            "float4" => DataType.Float32,
            "float8" => DataType.Float64,
            "numeric" => precision is { } digits and <= DecimalType.MaxPrecision && (scale ?? 0) >= 0 && (scale ?? 0) <= digits ? DataType.Decimal(digits, scale ?? 0) : OpenDecimal,
            "text" or "varchar" or "bpchar" or "name" or "citext" or "json" or "jsonb" or "xml" => DataType.Text,
            "bytea" => DataType.Binary,
            "date" => DataType.Date,
            "time" => DataType.Time,
            "timestamp" => DataType.Timestamp,
            "timestamptz" => DataType.Instant,
            "interval" => DataType.Duration,
            "uuid" => DataType.Uuid,
            _ => null,
        },
    };

    /// <summary>The column type that holds ours; lists of plain values are arrays, other nested values are jsonb.</summary>
    internal static string SqlOf(DataType type) => type switch
    {
        DecimalType d => $"numeric({d.Precision},{d.Scale})",
        ListType { Item.Type.IsNested: false } list => SqlOf(list.Item.Type) + "[]",
        _ => type.Kind switch
        {
            TypeKind.Boolean => "boolean",
            TypeKind.Int16 => "smallint",
            TypeKind.Int32 => "integer",
            TypeKind.Int64 => "bigint",
            TypeKind.Float32 => "real",
            TypeKind.Float64 => "double precision",
            TypeKind.Text or TypeKind.Enum or TypeKind.Null => "text",
            TypeKind.Binary => "bytea",
            TypeKind.Date => "date",
            TypeKind.Time => "time",
            TypeKind.Timestamp => "timestamp",
            TypeKind.Instant => "timestamptz",
            TypeKind.Duration => "interval",
            TypeKind.Uuid => "uuid",
            _ => "jsonb",
        },
    };

    /// <summary>The type's number on the wire, for the items of an array.</summary>
    internal static int OidOf(DataType type) => type.Kind switch
    {
        TypeKind.Boolean => 16,
        TypeKind.Binary => 17,
        TypeKind.Int64 => 20,
        TypeKind.Int16 => 21,
        TypeKind.Int32 => 23,
        TypeKind.Float32 => 700,
        TypeKind.Float64 => 701,
        TypeKind.Date => 1082,
        TypeKind.Time => 1083,
        TypeKind.Timestamp => 1114,
        TypeKind.Instant => 1184,
        TypeKind.Duration => 1186,
        TypeKind.Decimal => 1700,
        TypeKind.Uuid => 2950,
        _ => 25,
    };

    /// <summary>Days and microseconds from 1970, where we count from, to 2000, where PostgreSQL does.</summary>
    internal const int EpochDays = 10_957;
    internal const long EpochMicroseconds = EpochDays * 86_400_000_000L;
}
