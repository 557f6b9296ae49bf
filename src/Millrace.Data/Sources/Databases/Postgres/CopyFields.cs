using System.Buffers.Binary;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Takes the values of one column out of binary COPY rows.</summary>
abstract class CopyField(ColumnBuilder builder)
{
    internal void AddNull() => builder.AddNull();

    internal Column Build() => builder.Build();

    internal abstract void Add(ReadOnlySpan<byte> value);

    /// <param name="wire">The column's type on the wire, as its server calls it.</param>
    internal static CopyField For(Field field, string wire) => For(field.Type, ColumnBuilder.For(field.Type), field.Name, wire);

    static CopyField For(DataType type, ColumnBuilder builder, string name, string wire) => type switch
    {
        DecimalType d => new Fixed<Int128>((ColumnBuilder<Int128>)builder, v => Numeric(v, d, name)),
        ListType list => new Items((ListBuilder)builder, For(list.Item.Type, ((ListBuilder)builder).Items, name, wire), name),
        _ => type.Kind switch
        {
            TypeKind.Null => new Nothing(builder),
            TypeKind.Boolean => new Fixed<bool>((ColumnBuilder<bool>)builder, static v => v[0] != 0),
            TypeKind.Int16 => new Fixed<short>((ColumnBuilder<short>)builder, BinaryPrimitives.ReadInt16BigEndian),
            TypeKind.Int32 => new Fixed<int>((ColumnBuilder<int>)builder, BinaryPrimitives.ReadInt32BigEndian),
            TypeKind.Int64 when wire == "oid" => new Fixed<long>((ColumnBuilder<long>)builder, static v => BinaryPrimitives.ReadUInt32BigEndian(v)),
            TypeKind.Time => new Fixed<long>((ColumnBuilder<long>)builder, v => TimeOfDay(BinaryPrimitives.ReadInt64BigEndian(v), name)),
            TypeKind.Int64 => new Fixed<long>((ColumnBuilder<long>)builder, BinaryPrimitives.ReadInt64BigEndian),
            TypeKind.Float32 => new Fixed<float>((ColumnBuilder<float>)builder, BinaryPrimitives.ReadSingleBigEndian),
            TypeKind.Float64 => new Fixed<double>((ColumnBuilder<double>)builder, BinaryPrimitives.ReadDoubleBigEndian),
            TypeKind.Date => new Fixed<int>((ColumnBuilder<int>)builder, v => Day(BinaryPrimitives.ReadInt32BigEndian(v), name)),
            TypeKind.Timestamp or TypeKind.Instant => new Fixed<long>((ColumnBuilder<long>)builder, v => Moment(BinaryPrimitives.ReadInt64BigEndian(v), name)),
            TypeKind.Duration => new Fixed<long>((ColumnBuilder<long>)builder, v => Interval(v, name)),
            TypeKind.Uuid => new Fixed<Guid>((ColumnBuilder<Guid>)builder, static v => new Guid(v, bigEndian: true)),
            // A version byte stands before the text of jsonb.
            _ when wire == "jsonb" => new Bytes((BytesBuilder)builder, skip: 1),
            _ => new Bytes((BytesBuilder)builder, skip: 0),
        },
    };

    static int Day(int value, string name) => value is int.MaxValue or int.MinValue
        ? throw Infinite(name)
        : (long)value + PostgresTypes.EpochDays is >= TimeRange.FirstDay and <= TimeRange.LastDay and var day ? (int)day
        : throw Outside(name, TimeRange.Date((long)value + PostgresTypes.EpochDays), "date");

    static long Moment(long value, string name) => value is long.MaxValue or long.MinValue
        ? throw Infinite(name)
        : (Int128)value + PostgresTypes.EpochMicroseconds is var moment && moment >= TimeRange.FirstMoment && moment <= TimeRange.LastMoment ? (long)moment
        : throw Outside(name, TimeRange.Moment(moment), "timestamp");

    // PostgreSQL has an end of the day that is no time of it.
    static long TimeOfDay(long value, string name) => value < TimeRange.Day ? value : throw Outside(name, "24:00:00", "time of day");

    static DatabaseException Outside(string name, string value, string what) =>
        new($"Column '{name}' holds {value}, which no {what} here is: {(what == "time of day" ? "the last is 23:59:59.999999" : "they lie in the years 1 to 9999")}. Read it by a query that says what it means: a case, or {TableName.Quote(name)}::text.");

    static DatabaseException Infinite(string name) =>
        new($"Column '{name}' holds infinity, which no date here is. Read it by a query that says what it means: nullif({TableName.Quote(name)}, 'infinity').");

    //  0        8      12     16
    //  | micros | days | months
    static long Interval(ReadOnlySpan<byte> value, string name) => BinaryPrimitives.ReadInt32BigEndian(value[12..]) == 0
        ? BinaryPrimitives.ReadInt64BigEndian(value) + BinaryPrimitives.ReadInt32BigEndian(value[8..]) * 86_400_000_000L
        : throw new DatabaseException($"Column '{name}' holds an interval with months, and a duration here has a fixed length. Read it by a query that casts it to text, or that counts it in days.");

    //  0        2        4      6       8
    //  | groups | weight | sign | scale | groups of four digits ...
    static Int128 Numeric(ReadOnlySpan<byte> value, DecimalType type, string name)
    {
        const ushort Negative = 0x4000, Special = 0x8000;
        var groups = BinaryPrimitives.ReadInt16BigEndian(value);
        var weight = BinaryPrimitives.ReadInt16BigEndian(value[2..]);
        var sign = BinaryPrimitives.ReadUInt16BigEndian(value[4..]);
        if ((sign & Special) != 0)
            throw new DatabaseException($"Column '{name}' holds NaN or infinity, which no decimal here is. Read it by a query: nullif({TableName.Quote(name)}, 'NaN').");
        if (groups > 10) throw TooLong(type, name);
        Int128 digits = 0;
        for (var i = 0; i < groups; i++) digits = checked(digits * 10_000 + BinaryPrimitives.ReadInt16BigEndian(value[(8 + i * 2)..]));
        if (digits == 0) return 0;
        var shift = 4 * (weight - groups + 1) + type.Scale;
        if (shift > DecimalType.MaxPrecision) throw TooLong(type, name);
        if (shift >= 0)
        {
            var limit = ClrValue.PowerOfTen(type.Precision) / ClrValue.PowerOfTen(shift);
            if (digits > limit) throw TooLong(type, name);
            digits *= ClrValue.PowerOfTen(shift);
        }
        else
        {
            var (whole, rest) = Int128.DivRem(digits, ClrValue.PowerOfTen(Math.Min(-shift, DecimalType.MaxPrecision)));
            if (rest != 0) throw TooLong(type, name);
            digits = whole;
        }
        if (digits >= ClrValue.PowerOfTen(type.Precision)) throw TooLong(type, name);
        return sign == Negative ? -digits : digits;
    }

    static DatabaseException TooLong(DecimalType type, string name) =>
        new($"Column '{name}' holds a number with more digits than {type}. Read it by a query that casts it: {TableName.Quote(name)}::numeric(38,20), or ::float8, or ::text.");

    delegate T Decode<T>(ReadOnlySpan<byte> value);

    sealed class Fixed<T>(ColumnBuilder<T> builder, Decode<T> decode) : CopyField(builder) where T : unmanaged
    {
        internal override void Add(ReadOnlySpan<byte> value) => builder.Add(decode(value));
    }

    sealed class Nothing(ColumnBuilder builder) : CopyField(builder)
    {
        internal override void Add(ReadOnlySpan<byte> value) => throw new InvalidOperationException("A column of nothing but nulls has a value.");
    }

    sealed class Bytes(BytesBuilder builder, int skip) : CopyField(builder)
    {
        internal override void Add(ReadOnlySpan<byte> value) => builder.Add(value[skip..]);
    }

    //  0            4       8          12     16            20
    //  | dimensions | nulls | item oid | size | lower bound | each item: length, bytes
    sealed class Items(ListBuilder builder, CopyField item, string name) : CopyField(builder)
    {
        internal override void Add(ReadOnlySpan<byte> value)
        {
            var dimensions = BinaryPrimitives.ReadInt32BigEndian(value);
            if (dimensions > 1)
                throw new DatabaseException($"Column '{name}' holds an array of {dimensions} dimensions, and a list here has one. Read it by a query that casts it: to_json({TableName.Quote(name)}).");
            if (dimensions == 1)
            {
                var rest = value[20..];
                for (var i = BinaryPrimitives.ReadInt32BigEndian(value[12..]); i > 0; i--)
                {
                    var length = BinaryPrimitives.ReadInt32BigEndian(rest);
                    rest = rest[4..];
                    if (length < 0)
                    {
                        item.AddNull();
                        continue;
                    }
                    item.Add(rest[..length]);
                    rest = rest[length..];
                }
            }
            builder.EndList();
        }
    }
}
