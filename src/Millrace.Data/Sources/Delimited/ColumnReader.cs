using System.Buffers;
using System.Text;

namespace Millrace.Data;

/// <summary>Reads the fields of a block as the values of a column.</summary>
abstract class ColumnReader
{
    internal abstract Column Read(Fields fields);

    /// <summary>Adds one value to a column of the reader's type; false where the text isn't one, and nothing is added then.</summary>
    internal abstract bool TryAdd(ColumnBuilder to, ReadOnlySpan<byte> text);

    /// <exception cref="PlanException">Text can't hold such a type.</exception>
    internal static ColumnReader For(DataType type, ValueFormat format) => type.Kind switch
    {
        TypeKind.Text => TextColumnReader.Instance,
        TypeKind.Enum => new EnumReader((EnumType)type),
        TypeKind.Binary => new HexReader(),
        TypeKind.Boolean => new ValueReader<bool, BooleanText>(default),
        TypeKind.Int16 => new ValueReader<short, Int16Text>(default),
        TypeKind.Int32 => new ValueReader<int, Int32Text>(default),
        TypeKind.Int64 => new ValueReader<long, Int64Text>(default),
        TypeKind.Float32 => Separated<float, Float32Text>(default, format),
        TypeKind.Float64 => Separated<double, Float64Text>(default, format),
        TypeKind.Decimal => Separated<Int128, DecimalText>(new((DecimalType)type), format),
        TypeKind.Date when format.Date is { } pattern => new ValueReader<int, DatePattern>(new(pattern)),
        TypeKind.Date => new ValueReader<int, DateText>(default),
        TypeKind.Time when format.Time is { } pattern => new ValueReader<long, TimePattern>(new(pattern)),
        TypeKind.Time => new ValueReader<long, ClockText>(default),
        TypeKind.Timestamp or TypeKind.Instant when format.Timestamp is { } pattern => new ValueReader<long, TimestampPattern>(new(pattern)),
        TypeKind.Timestamp => new ValueReader<long, TimestampText>(default),
        TypeKind.Instant => new ValueReader<long, InstantText>(default),
        TypeKind.Duration => new ValueReader<long, DurationText>(default),
        TypeKind.Uuid => new ValueReader<Guid, UuidText>(default),
        _ => throw new PlanException($"A file of text has no columns of {type}. Read the column as text."),
    };

    static ColumnReader Separated<T, TParser>(TParser parser, ValueFormat format) where T : unmanaged where TParser : struct, IFieldParser<T> =>
        format.DecimalSeparator == ',' ? new ValueReader<T, CommaText<T, TParser>>(new(parser)) : new ValueReader<T, TParser>(parser);

    /// <summary>Whether a text is a value of that type: what inference asks.</summary>
    internal abstract bool CanRead(ReadOnlySpan<byte> text);

    sealed class TextColumnReader : ColumnReader
    {
        internal static TextColumnReader Instance { get; } = new();

        internal override bool CanRead(ReadOnlySpan<byte> text) => true;

        internal override bool TryAdd(ColumnBuilder to, ReadOnlySpan<byte> text)
        {
            ((BytesBuilder)to).Add(text);
            return true;
        }

        internal override Column Read(Fields fields)
        {
            fields.CheckText();
            return fields.Text();
        }
    }

    sealed class EnumReader(EnumType type) : ColumnReader
    {
        readonly byte[][] names = [.. type.Names.Select(Encoding.UTF8.GetBytes)];

        internal override bool CanRead(ReadOnlySpan<byte> text) => IndexOf(text) >= 0;

        internal override bool TryAdd(ColumnBuilder to, ReadOnlySpan<byte> text)
        {
            if (!CanRead(text)) return false;
            ((BytesBuilder)to).Add(text);
            return true;
        }

        internal override Column Read(Fields fields)
        {
            for (var row = 0; row < fields.Views.Length; row++)
            {
                var view = fields.Views.Span[row];
                if (!fields.IsNull(row) && !CanRead(fields.Bytes.Slice(view.Start, view.Length))) fields.SetUnfit(row, view);
            }
            return fields.Text();
        }

        int IndexOf(ReadOnlySpan<byte> text)
        {
            for (var i = 0; i < names.Length; i++)
            {
                if (text.SequenceEqual(names[i])) return i;
            }
            return -1;
        }
    }

    // As it is written too: hexadecimal behind 0x.
    sealed class HexReader : ColumnReader
    {
        internal override bool CanRead(ReadOnlySpan<byte> text) =>
            text.StartsWith("0x"u8) && text.Length % 2 == 0 && !text[2..].ContainsAnyExcept(HexDigits);

        internal override bool TryAdd(ColumnBuilder to, ReadOnlySpan<byte> text)
        {
            if (!CanRead(text)) return false;
            ((BytesBuilder)to).Add(Convert.FromHexString(text[2..]));
            return true;
        }

        internal override Column Read(Fields fields)
        {
            var views = fields.Memory.Rent<BytesView>(fields.Views.Length);
            var bytes = fields.Memory.Rent<byte>(Math.Max(1, fields.Bytes.Length / 2));
            var used = 0;
            for (var row = 0; row < fields.Views.Length; row++)
            {
                var view = fields.Views.Span[row];
                var text = fields.Bytes.Slice(view.Start, view.Length);
                if (!fields.IsNull(row) && !CanRead(text)) fields.SetUnfit(row, view);
                var count = 0;
                if (!fields.IsNull(row)) Convert.FromHexString(text[2..], bytes.AsSpan(used), out _, out count);
                views[row] = new BytesView(used, count);
                used += count;
            }
            return new BytesColumn(fields.Field.Type, bytes.AsMemory(0, used), views.AsMemory(0, fields.Views.Length), fields.Nulls);
        }

        static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789abcdefABCDEF"u8);
    }
}
