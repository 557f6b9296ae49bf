using System.Buffers.Binary;
using System.Numerics;
using Millrace.Plans;

namespace Millrace.Data.Engines.DuckDb;

/// <summary>Which reader brings a type of DuckDB's into a type of ours: its own, or one that the plan says it is.</summary>
static class ColumnReaders
{
    const long Day = 86_400_000_000;

    internal static ColumnReader For(LogicalType from, DataType to, string column)
    {
        return (from.Id, to) switch
        {
            (_, { Kind: TypeKind.Null }) => new NullReader(),
            (DuckDbTypeId.Boolean, { Kind: TypeKind.Boolean }) => new PlainReader<bool>(to),
            (DuckDbTypeId.TinyInt, _) => Numbers<sbyte>(from, to, column, 0),
            (DuckDbTypeId.UTinyInt, _) => Numbers<byte>(from, to, column, 0),
            (DuckDbTypeId.SmallInt, _) => Numbers<short>(from, to, column, 0),
            (DuckDbTypeId.USmallInt, _) => Numbers<ushort>(from, to, column, 0),
            (DuckDbTypeId.Integer, _) => Numbers<int>(from, to, column, 0),
            (DuckDbTypeId.UInteger, _) => Numbers<uint>(from, to, column, 0),
            (DuckDbTypeId.BigInt, _) => Numbers<long>(from, to, column, 0),
            (DuckDbTypeId.UBigInt, _) => Numbers<ulong>(from, to, column, 0),
            (DuckDbTypeId.HugeInt, _) => Numbers<Int128>(from, to, column, 0),
            (DuckDbTypeId.UHugeInt, _) => Numbers<UInt128>(from, to, column, 0),
            (DuckDbTypeId.Decimal, DecimalType) => from.StoredAs switch
            {
                DuckDbTypeId.SmallInt => Numbers<short>(from, to, column, from.DecimalScale),
                DuckDbTypeId.Integer => Numbers<int>(from, to, column, from.DecimalScale),
                DuckDbTypeId.BigInt => Numbers<long>(from, to, column, from.DecimalScale),
                _ => Numbers<Int128>(from, to, column, from.DecimalScale),
            },
            (DuckDbTypeId.Float, { Kind: TypeKind.Float32 }) => new PlainReader<float>(to),
            (DuckDbTypeId.Float, { Kind: TypeKind.Float64 }) => new ConvertingReader<float, double>(to, column, v => v),
            (DuckDbTypeId.Double, { Kind: TypeKind.Float64 }) => new PlainReader<double>(to),
            (DuckDbTypeId.Varchar, { Kind: TypeKind.Text or TypeKind.Enum }) => new BytesReader(to),
            (DuckDbTypeId.Blob, { Kind: TypeKind.Binary }) => new BytesReader(to),
            (DuckDbTypeId.Date, { Kind: TypeKind.Date }) => new RangedReader<int>(to, column, TimeRange.FirstDay, TimeRange.LastDay, v => v is int.MaxValue or -int.MaxValue ? "infinity" : TimeRange.Date(v)),
            (DuckDbTypeId.Time, { Kind: TypeKind.Time }) => new RangedReader<long>(to, column, 0, TimeRange.Day - 1, _ => "24:00:00"),
            (DuckDbTypeId.TimeNanoseconds, { Kind: TypeKind.Time }) => new ConvertingReader<long, long>(to, column, v => Microseconds(v, to, column)),
            (DuckDbTypeId.Timestamp, { Kind: TypeKind.Timestamp }) => Moments(to, column),
            (DuckDbTypeId.TimestampSeconds, { Kind: TypeKind.Timestamp }) => new ConvertingReader<long, long>(to, column, v => Moment(v, 1_000_000, to, column)),
            (DuckDbTypeId.TimestampMilliseconds, { Kind: TypeKind.Timestamp }) => new ConvertingReader<long, long>(to, column, v => Moment(v, 1_000, to, column)),
            (DuckDbTypeId.TimestampNanoseconds, { Kind: TypeKind.Timestamp }) => new ConvertingReader<long, long>(to, column, v => Microseconds(v, to, column)),
            (DuckDbTypeId.TimestampWithZone, { Kind: TypeKind.Instant }) => Moments(to, column),
            (DuckDbTypeId.Interval, { Kind: TypeKind.Duration }) => new ConvertingReader<Interval, long>(to, column, v => Duration(v, column)),
            (DuckDbTypeId.Uuid, { Kind: TypeKind.Uuid }) => new ConvertingReader<Int128, Guid>(to, column, Uuid),
            (DuckDbTypeId.Enum, { Kind: TypeKind.Enum or TypeKind.Text }) => from.StoredAs switch
            {
                DuckDbTypeId.UTinyInt => new EnumReader<byte>(to, from.EnumNames(), n => n),
                DuckDbTypeId.USmallInt => new EnumReader<ushort>(to, from.EnumNames(), n => n),
                _ => new EnumReader<uint>(to, from.EnumNames(), n => (int)n),
            },
            (DuckDbTypeId.List, ListType list) => new ListReader(to, Items(list.Item.Type)),
            (DuckDbTypeId.Array, ListType list) => new ArrayReader(to, Items(list.Item.Type), from.ArraySize()),
            (DuckDbTypeId.Map, MapType map) => new ListReader(to, Entries(from, map, column)),
            (DuckDbTypeId.Struct, StructType row) when row.Fields.Count == from.FieldCount() => new StructReader(to, [.. row.Fields.Select((f, i) =>
            {
                using var field = from.FieldType(i);
                return For(field, f.Type, $"{column}.{f.Name}");
            })]),
            _ => throw Unfit(from, to, column),
        };

        ColumnReader Items(DataType type)
        {
            using var item = from.Item();
            return For(item, type, column);
        }
    }

    /// <param name="scale">Digits behind the point that the stored number has.</param>
    static ColumnReader Numbers<TFrom>(LogicalType from, DataType to, string column, int scale) where TFrom : unmanaged, INumber<TFrom>
    {
        switch (to)
        {
            case { Kind: TypeKind.Int16 } when scale == 0:
                return Whole<TFrom, short>(to, column);
            case { Kind: TypeKind.Int32 } when scale == 0:
                return Whole<TFrom, int>(to, column);
            case { Kind: TypeKind.Int64 } when scale == 0:
                return Whole<TFrom, long>(to, column);
            case { Kind: TypeKind.Float64 }:
                var divisor = (double)ClrValue.PowerOfTen(scale);
                return new ConvertingReader<TFrom, double>(to, column, v => double.CreateChecked(v) / divisor);
            case DecimalType d when d.Scale >= scale:
                var factor = ClrValue.PowerOfTen(d.Scale - scale);
                var limit = ClrValue.PowerOfTen(d.Precision);
                return new ConvertingReader<TFrom, Int128>(to, column, v =>
                {
                    var unscaled = checked(Int128.CreateChecked(v) * factor);
                    return unscaled < limit && unscaled > -limit ? unscaled : throw new OverflowException();
                });
            default:
                throw Unfit(from, to, column);
        }
    }

    static ColumnReader Whole<TFrom, TTo>(DataType to, string column)
        where TFrom : unmanaged, INumber<TFrom>
        where TTo : unmanaged, INumber<TTo> =>
        typeof(TFrom) == typeof(TTo) ? new PlainReader<TTo>(to) : new ConvertingReader<TFrom, TTo>(to, column, TTo.CreateChecked);

    static long Duration(Interval value, string column) =>
        value.Months == 0
            ? checked(value.Days * Day + value.Microseconds)
            : throw new PlanException(
                $"Column '{column}' has an interval of {value.Months} months, and months have no fixed length. Count in days, or subtract two timestamps.");

    static RangedReader<long> Moments(DataType to, string column) =>
        new(to, column, TimeRange.FirstMoment, TimeRange.LastMoment, v => v is long.MaxValue or -long.MaxValue ? "infinity" : TimeRange.Moment(v));

    static long Moment(long value, long unit, DataType to, string column) => value is long.MaxValue or -long.MaxValue ? throw ColumnReader.Outside(column, "infinity", to)
        : (Int128)value * unit is var moment && moment >= TimeRange.FirstMoment && moment <= TimeRange.LastMoment ? (long)moment
        : throw ColumnReader.Outside(column, TimeRange.Moment(moment), to);

    // What is finer than a microsecond is refused: to cut it is for the query to say.
    static long Microseconds(long nanoseconds, DataType to, string column)
    {
        if (nanoseconds is long.MaxValue or -long.MaxValue) throw ColumnReader.Outside(column, "infinity", to);
        var (whole, rest) = Math.DivRem(nanoseconds, 1000);
        if (rest == 0) return whole;
        var cut = $"{TableName.Quote(column)}::{(to.Kind == TypeKind.Time ? "time" : "timestamp")}";
        throw new PlanException(
            $"Column '{column}' has a value with {Math.Abs(nanoseconds % 1_000_000_000):000000000} nanoseconds in its second, and {to} keeps microseconds. Cut them in the query: {cut}; those of a file in one over it: Frame.Sql(\"select * replace ({cut} as {TableName.Quote(column)}) from read_parquet('...')\").");
    }

    /// <summary>DuckDB turns the first bit over, so that its order of integers is the order of the text.</summary>
    static Guid Uuid(Int128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt128BigEndian(bytes, value ^ Int128.MinValue);
        return new Guid(bytes, bigEndian: true);
    }

    static PlanException Unfit(LogicalType from, DataType to, string column) =>
        new($"Column '{column}' is of DuckDB's type {from.Id.ToString().ToUpperInvariant()}, and {to} is expected. Cast it in the query.");

    static StructReader Entries(LogicalType from, MapType map, string column)
    {
        using var key = from.Key();
        using var value = from.Value();
        return new(DataType.Struct(map.Key, map.Value), [For(key, map.Key.Type, column), For(value, map.Value.Type, column)]);
    }
}
