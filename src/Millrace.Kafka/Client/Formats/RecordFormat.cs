using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Millrace.Kafka;

/// <summary>The formats that come with the client. They are those of Apache Kafka's own serialisers: numbers are big-endian.</summary>
public static class RecordFormat
{
    public static IRecordFormat<string> Utf8 { get; } = new Utf8Format();

    /// <summary>Bytes of one's own: a copy is made of each record that is read.</summary>
    public static IRecordFormat<byte[]> Bytes { get; } = new BytesFormat();

    /// <summary>Bytes where they lie, without a copy: those of a record that was read are good until the next is asked for.</summary>
    public static IRecordFormat<ReadOnlyMemory<byte>> Memory { get; } = new MemoryFormat();

    public static IRecordFormat<short> Int16 { get; } = new NumberFormat<short>(2);

    public static IRecordFormat<int> Int32 { get; } = new NumberFormat<int>(4);

    public static IRecordFormat<long> Int64 { get; } = new NumberFormat<long>(8);

    public static IRecordFormat<float> Float32 { get; } = new FloatFormat();

    public static IRecordFormat<double> Float64 { get; } = new DoubleFormat();

    /// <summary>As text, which is how Apache Kafka's serialiser writes it.</summary>
    public static IRecordFormat<Guid> Uuid { get; } = new UuidFormat();

    /// <summary>JSON by generated code: <c>RecordFormat.Json(MyContext.Default.Reading)</c>.</summary>
    public static IRecordFormat<T> Json<T>(JsonTypeInfo<T> type) => new JsonFormat<T>(type);

    /// <summary>The format that a type has by itself.</summary>
    internal static IRecordFormat<T> For<T>()
    {
        object? format =
            typeof(T) == typeof(string) ? Utf8
            : typeof(T) == typeof(byte[]) ? Bytes
            : typeof(T) == typeof(ReadOnlyMemory<byte>) ? Memory
            : typeof(T) == typeof(short) ? Int16
            : typeof(T) == typeof(int) ? Int32
            : typeof(T) == typeof(long) ? Int64
            : typeof(T) == typeof(float) ? Float32
            : typeof(T) == typeof(double) ? Float64
            : typeof(T) == typeof(Guid) ? Uuid
            : null;
        return (IRecordFormat<T>?)format
            ?? throw new ArgumentException($"'{typeof(T)}' has no format by itself. Give one, such as RecordFormat.Json(MyContext.Default.{typeof(T).Name}).");
    }

    sealed class Utf8Format : IRecordFormat<string>
    {
        public void Write(string value, IBufferWriter<byte> output) => Encoding.UTF8.GetBytes(value, output);

        public string Read(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
    }

    sealed class BytesFormat : IRecordFormat<byte[]>
    {
        public void Write(byte[] value, IBufferWriter<byte> output) => output.Write(value);

        public byte[] Read(ReadOnlyMemory<byte> bytes) => bytes.ToArray();
    }

    sealed class MemoryFormat : IRecordFormat<ReadOnlyMemory<byte>>
    {
        public void Write(ReadOnlyMemory<byte> value, IBufferWriter<byte> output) => output.Write(value.Span);

        public ReadOnlyMemory<byte> Read(ReadOnlyMemory<byte> bytes) => bytes;
    }

    sealed class NumberFormat<T>(int size) : IRecordFormat<T> where T : IBinaryInteger<T>, ISignedNumber<T>
    {
        public void Write(T value, IBufferWriter<byte> output)
        {
            value.WriteBigEndian(output.GetSpan(size));
            output.Advance(size);
        }

        public T Read(ReadOnlyMemory<byte> bytes) => bytes.Length == size ? T.ReadBigEndian(bytes.Span, isUnsigned: false) : throw WrongLength(bytes, size, typeof(T));
    }

    sealed class FloatFormat : IRecordFormat<float>
    {
        public void Write(float value, IBufferWriter<byte> output)
        {
            BinaryPrimitives.WriteSingleBigEndian(output.GetSpan(4), value);
            output.Advance(4);
        }

        public float Read(ReadOnlyMemory<byte> bytes) => bytes.Length == 4 ? BinaryPrimitives.ReadSingleBigEndian(bytes.Span) : throw WrongLength(bytes, 4, typeof(float));
    }

    sealed class DoubleFormat : IRecordFormat<double>
    {
        public void Write(double value, IBufferWriter<byte> output)
        {
            BinaryPrimitives.WriteDoubleBigEndian(output.GetSpan(8), value);
            output.Advance(8);
        }

        public double Read(ReadOnlyMemory<byte> bytes) => bytes.Length == 8 ? BinaryPrimitives.ReadDoubleBigEndian(bytes.Span) : throw WrongLength(bytes, 8, typeof(double));
    }

    sealed class UuidFormat : IRecordFormat<Guid>
    {
        public void Write(Guid value, IBufferWriter<byte> output)
        {
            value.TryFormat(output.GetSpan(36), out var written);
            output.Advance(written);
        }

        public Guid Read(ReadOnlyMemory<byte> bytes) => Guid.TryParse(bytes.Span, null, out var value) ? value : throw new FormatException($"{bytes.Length} bytes are not a Uuid in text.");
    }

    sealed class JsonFormat<T>(JsonTypeInfo<T> type) : IRecordFormat<T>
    {
        [ThreadStatic]
        static Utf8JsonWriter? writer;

        public void Write(T value, IBufferWriter<byte> output)
        {
            // One a thread, as making it costs more than a small record; it must not keep the buffer of the last one.
            if (writer is null) writer = new Utf8JsonWriter(output);
            else writer.Reset(output);
            JsonSerializer.Serialize(writer, value, type);
        }

        public T Read(ReadOnlyMemory<byte> bytes) => JsonSerializer.Deserialize(bytes.Span, type)!;
    }

    static FormatException WrongLength(ReadOnlyMemory<byte> bytes, int size, Type type) =>
        new($"A {type.Name} takes {size} bytes, and the record has {bytes.Length}. It was written in another format.");
}
