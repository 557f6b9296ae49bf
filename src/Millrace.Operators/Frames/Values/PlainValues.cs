using System.Buffers;
using System.Text.Json.Nodes;
using Millrace.Data;
using Millrace.Kafka;

namespace Millrace.Operators;

sealed class PlainValues : TopicValues
{
    internal const string Format = "plain";

    internal override ValueDecoder Decode(Schema columns) => columns is [var value]
        ? new Decoder(value, PlainForm.Of(value))
        : throw new PlanException($"A plain value is one column, and here are {columns.Count} ({string.Join(", ", columns.Names)}), those of the record left aside. Read one of them, or JSON or CSV.");

    internal override ValueEncoder Encode(string topic, Schema columns, string? key)
    {
        // A key may be a column of the value, as in the other formats, where it is the only one.
        var value = columns is [var only] ? only
            : columns.Where(f => key is null || f != columns[key]).ToArray() is [var other] ? other
            : throw new PlanException($"A plain value is one column, and topic '{topic}' is to be written with {columns.Count} ({string.Join(", ", columns.Names)}). Select one of them, and that of the key, or write JSON or CSV.");
        return new Encoder(value.Name, PlainForm.Of(value));
    }

    internal override JsonObject Describe() => new() { ["format"] = Format };

    sealed class Decoder(Field column, PlainForm form) : ValueDecoder
    {
        internal override bool TryAdd(ReadOnlyMemory<byte> value, RecordBatch into)
        {
            if (into[0] is not { } builder) return true;
            try
            {
                form.Read(value, builder);
                return true;
            }
            catch (FormatException e)
            {
                return into.RefuseValue(0, new Problem($"not {column.Type}", column.Name, form.Shown(value), $"column '{column.Name}': {e.Message.TrimEnd('.')}"));
            }
        }

        public override void Dispose()
        {
        }
    }

    sealed class Encoder(string column, PlainForm form) : ValueEncoder
    {
        readonly ArrayBufferWriter<byte> buffer = new();
        Column values = null!;

        internal override void Begin(Batch batch) => values = batch[column];

        internal override ReadOnlyMemory<byte>? Encode(int row)
        {
            if (values.IsNull(row)) return null;
            buffer.ResetWrittenCount();
            form.Write(values, row, buffer);
            return buffer.WrittenMemory;
        }

        public override void Dispose()
        {
        }
    }
}

/// <summary>The bytes of one kind of column, by the formats of the client.</summary>
abstract class PlainForm
{
    /// <exception cref="FormatException">The bytes are no such value.</exception>
    internal abstract void Read(ReadOnlyMemory<byte> bytes, ColumnBuilder to);

    internal abstract void Write(Column column, int row, IBufferWriter<byte> output);

    /// <summary>Bytes that are no value, for people.</summary>
    internal virtual string Shown(ReadOnlyMemory<byte> bytes) => Problem.Shown(bytes.Span);

    internal static PlainForm Of(Field column) => column.Type.Kind switch
    {
        TypeKind.Text or TypeKind.Enum => new Text(column.Type),
        TypeKind.Binary => new Binary(),
        TypeKind.Int16 => new Fixed<short>(RecordFormat.Int16),
        TypeKind.Int32 => new Fixed<int>(RecordFormat.Int32),
        TypeKind.Int64 => new Fixed<long>(RecordFormat.Int64),
        TypeKind.Float32 => new Fixed<float>(RecordFormat.Float32),
        TypeKind.Float64 => new Fixed<double>(RecordFormat.Float64),
        TypeKind.Uuid => new Fixed<Guid>(RecordFormat.Uuid),
        _ => throw new PlanException($"'{column.Name}' is {Problem.Article(column.Type)}, and Apache Kafka has no serialiser for that. Read and write JSON or CSV, or make a text or a number of it."),
    };

    sealed class Fixed<T>(IRecordFormat<T> format) : PlainForm where T : unmanaged
    {
        internal override void Read(ReadOnlyMemory<byte> bytes, ColumnBuilder to) => ((ColumnBuilder<T>)to).Add(format.Read(bytes));

        internal override void Write(Column column, int row, IBufferWriter<byte> output) => format.Write(((Column<T>)column).Values[row], output);

        internal override string Shown(ReadOnlyMemory<byte> bytes) => typeof(T) == typeof(Guid) ? base.Shown(bytes) : $"0x{Convert.ToHexString(bytes.Span[..Math.Min(bytes.Length, 32)])}";
    }

    sealed class Text(DataType type) : PlainForm
    {
        internal override void Read(ReadOnlyMemory<byte> bytes, ColumnBuilder to)
        {
            if (!TypedText.TryAdd(to, bytes.Span)) throw new FormatException(type.Kind == TypeKind.Enum ? $"'{Problem.Shown(bytes.Span, 80)}' isn't {Problem.Article(type)}" : $"{bytes.Length} bytes are no text in UTF-8.");
        }

        internal override void Write(Column column, int row, IBufferWriter<byte> output) => output.Write(((BytesColumn)column)[row]);
    }

    sealed class Binary : PlainForm
    {
        internal override void Read(ReadOnlyMemory<byte> bytes, ColumnBuilder to) => ((BytesBuilder)to).Add(bytes.Span);

        internal override void Write(Column column, int row, IBufferWriter<byte> output) => output.Write(((BytesColumn)column)[row]);
    }
}
