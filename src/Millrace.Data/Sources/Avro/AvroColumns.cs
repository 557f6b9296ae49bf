using System.Buffers.Binary;
using System.Numerics;
using System.Text.Unicode;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Adds Avro values to columns, or passes over them where nobody wants them.</summary>
static class AvroColumns
{
    internal static void Add(ref AvroCursor cursor, AvroField field, ColumnBuilder? to)
    {
        if (field.Type.Kind == AvroKind.Null && !field.Tagged)
        {
            to?.AddNull();
            return;
        }
        if (field.Tagged)
        {
            var branch = cursor.Long();
            if (branch < 0 || branch > (field.Null >= 0 && field.Type.Kind != AvroKind.Null ? 1 : 0)) throw new InvalidDataException($"'{field.Name}' is of branch {branch} of its union, which has fewer");
            if (branch == field.Null)
            {
                to?.AddNull();
                return;
            }
        }
        Add(ref cursor, field.Type, to);
    }

    static void Add(ref AvroCursor cursor, AvroType type, ColumnBuilder? to)
    {
        switch (type.Kind)
        {
            case AvroKind.Boolean:
                Put(to, cursor.Boolean());
                break;
            case AvroKind.Int when type.Type.Kind == TypeKind.Time:
                Put(to, TimeOfDay((long)cursor.Int() * type.Scale));
                break;
            case AvroKind.Int:
                Put(to, cursor.Int());
                break;
            case AvroKind.Long:
                var value = Scaled(cursor.Long(), type);
                Put(to, type.Type.Kind == TypeKind.Time ? TimeOfDay(value) : value);
                break;
            case AvroKind.Float:
                Put(to, cursor.Float());
                break;
            case AvroKind.Double:
                Put(to, cursor.Double());
                break;
            case AvroKind.Bytes or AvroKind.Fixed:
                AddBytes(type.Kind == AvroKind.Bytes ? cursor.Bytes() : cursor.Take(type.Size), type, to);
                break;
            case AvroKind.String:
                var text = cursor.Bytes();
                if (to is null) break;
                if (!Utf8.IsValid(text)) throw new InvalidDataException("a text isn't UTF-8");
                if (!TypedText.TryAdd(to, text)) throw new InvalidDataException($"'{Problem.Shown(text, 80)}' isn't {Problem.Article(type.Type)}");
                break;
            case AvroKind.Enum:
                var name = cursor.Int();
                if ((uint)name >= (uint)type.Names.Count) throw new InvalidDataException($"an enum has {type.Names.Count} names, and number {name} was asked for");
                ((BytesBuilder?)to)?.Add(type.Names[name]);
                break;
            case AvroKind.Array or AvroKind.Map:
                AddItems(ref cursor, type, (ListBuilder?)to);
                break;
            case AvroKind.Record:
                var row = (StructBuilder?)to;
                for (var i = 0; i < type.Fields.Count; i++) Add(ref cursor, type.Fields[i], row?.Fields[i]);
                row?.EndStruct();
                break;
            default:
                throw new InvalidDataException($"{type.Kind} has no values");
        }
    }

    // Items come in blocks: their count, negative where the size of the block in bytes follows, and 0 at the end.
    static void AddItems(ref AvroCursor cursor, AvroType type, ListBuilder? to)
    {
        var isMap = type.Kind == AvroKind.Map;
        var pair = isMap ? (StructBuilder?)to?.Items : null;
        while (cursor.Long() is not 0 and var count)
        {
            if (count < 0)
            {
                count = count == long.MinValue ? throw new InvalidDataException("a list has too many items") : -count;
                cursor.Long();
            }
            // Items that take no bytes, such as nulls, could make a list of any length out of nothing.
            if (count > 100_000_000) throw new InvalidDataException($"a list has {count:N0} items");
            for (; count > 0; count--)
            {
                if (isMap)
                {
                    var key = cursor.Bytes();
                    if (!Utf8.IsValid(key)) throw new InvalidDataException("a key isn't UTF-8");
                    ((BytesBuilder?)pair?.Fields[0])?.Add(key);
                }
                Add(ref cursor, type.Fields[0], isMap ? pair?.Fields[1] : to?.Items);
                pair?.EndStruct();
            }
        }
        to?.EndList();
    }

    static void AddBytes(ReadOnlySpan<byte> bytes, AvroType type, ColumnBuilder? to)
    {
        switch (type.Type)
        {
            case DecimalType exact:
                if (bytes.Length > 16 && new BigInteger(bytes, isBigEndian: true) is var big && (big > (BigInteger)Int128.MaxValue || big < (BigInteger)Int128.MinValue))
                    throw new InvalidDataException($"a {exact} has {bytes.Length} bytes");
                Int128 unscaled = bytes.Length > 0 && (bytes[0] & 0x80) != 0 ? -1 : 0;
                foreach (var b in bytes) unscaled = (unscaled << 8) | b;
                if (Int128.Abs(unscaled) >= ClrValue.PowerOfTen(exact.Precision)) throw new InvalidDataException($"{unscaled} has more digits than {exact}");
                Put(to, unscaled);
                break;
            case { Kind: TypeKind.Uuid }:
                Put(to, new Guid(bytes, bigEndian: true));
                break;
            case { Kind: TypeKind.Duration }:
                if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != 0) throw new InvalidDataException("a duration counts months, which have no fixed length");
                Put(to, BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) * 86_400_000_000L + BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) * 1_000L);
                break;
            default:
                ((BytesBuilder?)to)?.Add(bytes);
                break;
        }
    }

    static long Scaled(long value, AvroType type)
    {
        if (type.Scale > 0) return value is > long.MaxValue / 1_000 or < long.MinValue / 1_000 && type.Scale > 1 ? throw new InvalidDataException($"{value} isn't a time") : value * type.Scale;
        return value % -type.Scale == 0 ? value / -type.Scale : throw new InvalidDataException($"a time has {value} nanoseconds, and what is finer than a microsecond would be lost");
    }

    static long TimeOfDay(long microseconds) => microseconds is >= 0 and < 86_400_000_000 ? microseconds : throw new InvalidDataException($"{microseconds} microseconds isn't a time of day");

    static void Put<T>(ColumnBuilder? to, T value) where T : unmanaged => ((ColumnBuilder<T>?)to)?.Add(value);
}
