namespace Millrace.Data.Engines.DuckDb;

/// <summary>Which of our types a type of DuckDB's becomes, and the other way round.</summary>
static class DuckDbTypes
{
    /// <param name="enumsAsText">
    /// Whether enums become VARCHAR: DuckDB orders the names of an ENUM as they were declared, and plans order them as text.
    /// </param>
    internal static LogicalType ToLogical(DataType type, bool enumsAsText = false) => type switch
    {
        DecimalType d => LogicalType.Decimal(d.Precision, d.Scale),
        EnumType e when !enumsAsText => LogicalType.Enum(e.Names),
        ListType list => LogicalType.List(ToLogical(list.Item.Type, enumsAsText)),
        MapType map => LogicalType.Map(ToLogical(map.Key.Type, enumsAsText), ToLogical(map.Value.Type, enumsAsText)),
        StructType row => LogicalType.Struct([.. row.Fields.Select(f => (f.Name, ToLogical(f.Type, enumsAsText)))]),
        _ => LogicalType.Of(IdOf(type.Kind)),
    };

    /// <param name="column">For the message where there is no such type.</param>
    internal static DataType ToDataType(LogicalType type, string column)
    {
        switch (type.Id)
        {
            case DuckDbTypeId.Decimal:
                return DataType.Decimal(type.DecimalWidth, type.DecimalScale);
            case DuckDbTypeId.Enum:
                return DataType.Enum(type.EnumNames());
            case DuckDbTypeId.List or DuckDbTypeId.Array:
                using (var item = type.Item()) return DataType.List(ToDataType(item, column));
            case DuckDbTypeId.Map:
                using (var key = type.Key())
                using (var value = type.Value())
                    return DataType.Map(ToDataType(key, column), ToDataType(value, column));
            case DuckDbTypeId.Struct:
                return DataType.Struct(Enumerable.Range(0, type.FieldCount()).Select(i =>
                {
                    using var field = type.FieldType(i);
                    return new Field(type.FieldName(i), ToDataType(field, column));
                }));
            case var id:
                return OfSimple(id) ?? throw new PlanException(
                    $"Column '{column}' is of DuckDB's type {id.ToString().ToUpperInvariant()}, which a plan has no type for. Cast it in the query, for example to VARCHAR.");
        }
    }

    static DataType? OfSimple(DuckDbTypeId id) => id switch
    {
        DuckDbTypeId.Null => DataType.Null,
        DuckDbTypeId.Boolean => DataType.Boolean,
        DuckDbTypeId.TinyInt or DuckDbTypeId.UTinyInt or DuckDbTypeId.SmallInt => DataType.Int16,
        DuckDbTypeId.USmallInt or DuckDbTypeId.Integer => DataType.Int32,
        DuckDbTypeId.UInteger or DuckDbTypeId.BigInt => DataType.Int64,
        DuckDbTypeId.UBigInt => DataType.Decimal(20, 0),
        DuckDbTypeId.HugeInt or DuckDbTypeId.UHugeInt => DataType.Decimal(38, 0),
        DuckDbTypeId.Float => DataType.Float32,
        DuckDbTypeId.Double => DataType.Float64,
        DuckDbTypeId.Varchar => DataType.Text,
        DuckDbTypeId.Blob => DataType.Binary,
        DuckDbTypeId.Date => DataType.Date,
        DuckDbTypeId.Time or DuckDbTypeId.TimeNanoseconds => DataType.Time,
        DuckDbTypeId.Timestamp or DuckDbTypeId.TimestampSeconds or DuckDbTypeId.TimestampMilliseconds or DuckDbTypeId.TimestampNanoseconds => DataType.Timestamp,
        DuckDbTypeId.TimestampWithZone => DataType.Instant,
        DuckDbTypeId.Interval => DataType.Duration,
        DuckDbTypeId.Uuid => DataType.Uuid,
        _ => null,
    };

    static DuckDbTypeId IdOf(TypeKind kind) => kind switch
    {
        TypeKind.Boolean => DuckDbTypeId.Boolean,
        TypeKind.Int16 => DuckDbTypeId.SmallInt,
        TypeKind.Int32 or TypeKind.Null => DuckDbTypeId.Integer, // A column of nulls needs a type to compare and join with.
        TypeKind.Int64 => DuckDbTypeId.BigInt,
        TypeKind.Float32 => DuckDbTypeId.Float,
        TypeKind.Float64 => DuckDbTypeId.Double,
        TypeKind.Text or TypeKind.Enum => DuckDbTypeId.Varchar,
        TypeKind.Binary => DuckDbTypeId.Blob,
        TypeKind.Date => DuckDbTypeId.Date,
        TypeKind.Time => DuckDbTypeId.Time,
        TypeKind.Timestamp => DuckDbTypeId.Timestamp,
        TypeKind.Instant => DuckDbTypeId.TimestampWithZone,
        TypeKind.Duration => DuckDbTypeId.Interval,
        TypeKind.Uuid => DuckDbTypeId.Uuid,
        _ => throw new PlanException($"DuckDB has no type for {kind}."),
    };
}
