using System.Buffers.Binary;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Writes the values of one column into binary COPY rows: each its length and then its bytes.</summary>
abstract class CopyCell
{
    internal abstract void Bind(Column column);

    internal abstract void Write(int row, CopyBuffer to);

    internal static CopyCell For(DataType type, string name) => type switch
    {
        DecimalType d => new Numeric(d.Scale),
        ListType { Item.Type.IsNested: false } list => new Items(PostgresTypes.OidOf(list.Item.Type), For(list.Item.Type, name)),
        _ => type.Kind switch
        {
            TypeKind.Boolean or TypeKind.Null => new Fixed<bool>(1, static (v, to) => to[0] = v ? (byte)1 : (byte)0),
            TypeKind.Int16 => new Fixed<short>(2, static (v, to) => BinaryPrimitives.WriteInt16BigEndian(to, v)),
            TypeKind.Int32 => new Fixed<int>(4, static (v, to) => BinaryPrimitives.WriteInt32BigEndian(to, v)),
            TypeKind.Int64 or TypeKind.Time => new Fixed<long>(8, static (v, to) => BinaryPrimitives.WriteInt64BigEndian(to, v)),
            TypeKind.Float32 => new Fixed<float>(4, static (v, to) => BinaryPrimitives.WriteSingleBigEndian(to, v)),
            TypeKind.Float64 => new Fixed<double>(8, static (v, to) => BinaryPrimitives.WriteDoubleBigEndian(to, v)),
            TypeKind.Date => new Fixed<int>(4, static (v, to) => BinaryPrimitives.WriteInt32BigEndian(to, v - PostgresTypes.EpochDays)),
            TypeKind.Timestamp or TypeKind.Instant => new Fixed<long>(8, static (v, to) => BinaryPrimitives.WriteInt64BigEndian(to, v - PostgresTypes.EpochMicroseconds)),
            TypeKind.Duration => new Fixed<long>(16, static (v, to) =>
            {
                BinaryPrimitives.WriteInt64BigEndian(to, v);
                to[8..].Clear();
            }),
            TypeKind.Uuid => new Fixed<Guid>(16, static (v, to) => v.TryWriteBytes(to, bigEndian: true, out _)),
            TypeKind.Text or TypeKind.Enum => new Text(name),
            TypeKind.Binary => new Binary(),
            _ => new Json(),
        },
    };

    delegate void Encode<T>(T value, Span<byte> to);

    sealed class Fixed<T>(int size, Encode<T> encode) : CopyCell where T : unmanaged
    {
        Column<T> column = null!;

        internal override void Bind(Column column) => this.column = (Column<T>)column;

        internal override void Write(int row, CopyBuffer to)
        {
            if (column.IsNull(row))
            {
                to.Int32(-1);
                return;
            }
            var span = to.Take(4 + size);
            BinaryPrimitives.WriteInt32BigEndian(span, size);
            encode(column.Values[row], span[4..]);
        }
    }

    sealed class Binary : CopyCell
    {
        BytesColumn column = null!;

        internal override void Bind(Column column) => this.column = (BytesColumn)column;

        internal override void Write(int row, CopyBuffer to)
        {
            if (column.IsNull(row)) to.Int32(-1);
            else Put(column[row], to);
        }

        internal static void Put(ReadOnlySpan<byte> value, CopyBuffer to)
        {
            var span = to.Take(4 + value.Length);
            BinaryPrimitives.WriteInt32BigEndian(span, value.Length);
            value.CopyTo(span[4..]);
        }
    }

    sealed class Text(string name) : CopyCell
    {
        BytesColumn column = null!;

        internal override void Bind(Column column) => this.column = (BytesColumn)column;

        internal override void Write(int row, CopyBuffer to)
        {
            if (column.IsNull(row))
            {
                to.Int32(-1);
                return;
            }
            var value = column[row];
            if (value.Contains((byte)0))
                throw new DatabaseException($"Column '{name}' holds a text with a NUL character, which PostgreSQL's text can't. Replace it before the load, or load the column as binary.");
            Binary.Put(value, to);
        }
    }

    sealed class Json : CopyCell
    {
        Column column = null!;

        internal override void Bind(Column column) => this.column = column;

        internal override void Write(int row, CopyBuffer to)
        {
            if (column.IsNull(row))
            {
                to.Int32(-1);
                return;
            }
            var json = ValueJson.Utf8(column.ValueAt(row));
            to.Int32(json.Length + 1);
            to.Take(1)[0] = 1;
            json.CopyTo(to.Take(json.Length));
        }
    }

    sealed class Items(int oid, CopyCell item) : CopyCell
    {
        ListColumn column = null!;

        internal override void Bind(Column column)
        {
            this.column = (ListColumn)column;
            item.Bind(this.column.Items);
        }

        internal override void Write(int row, CopyBuffer to)
        {
            if (column.IsNull(row))
            {
                to.Int32(-1);
                return;
            }
            var length = to.Used;
            to.Int32(0);
            var (start, count) = column.Views[row];
            to.Int32(count == 0 ? 0 : 1);
            to.Int32(1);
            to.Int32(oid);
            if (count > 0)
            {
                to.Int32(count);
                to.Int32(1);
                for (var i = start; i < start + count; i++) item.Write(i, to);
            }
            to.PutInt32(length, to.Used - length - 4);
        }
    }

    // The parts before and behind the point are cut into groups of four digits, each from the point outwards.
    sealed class Numeric(int scale) : CopyCell
    {
        const int Groups = 4, Weight = 6, Head = 12, MaxWholeGroups = 10;
        readonly Int128 unit = ClrValue.PowerOfTen(scale);
        Column<Int128> column = null!;

        internal override void Bind(Column column) => this.column = (Column<Int128>)column;

        internal override void Write(int row, CopyBuffer to)
        {
            if (column.IsNull(row))
            {
                to.Int32(-1);
                return;
            }
            var value = column.Values[row];
            var at = to.Used;
            to.Take(Head);
            var (whole, fraction) = Int128.DivRem(Int128.Abs(value), unit);
            Span<short> groups = stackalloc short[MaxWholeGroups];
            var count = 0;
            while (whole > 0)
            {
                (whole, var rest) = Int128.DivRem(whole, 10_000);
                groups[count++] = (short)rest;
            }
            for (var i = count - 1; i >= 0; i--) to.Int16(groups[i]);
            var weight = count - 1;
            for (var behind = scale; behind > 0; behind -= 4)
            {
                var power = ClrValue.PowerOfTen(Math.Abs(behind - 4));
                (var group, fraction) = behind >= 4 ? Int128.DivRem(fraction, power) : (fraction * power, 0);
                to.Int16((int)group);
                count++;
            }
            to.PutInt32(at, to.Used - at - 4);
            to.PutInt16(at + Groups, count);
            to.PutInt16(at + Weight, weight);
            to.PutInt16(at + Weight + 2, value < 0 ? 0x4000 : 0);
            to.PutInt16(at + Weight + 4, scale);
        }
    }
}
