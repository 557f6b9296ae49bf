using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Millrace.Dags;
using Millrace.Kafka;

namespace Millrace.Operators;

/// <summary>The format of values that nobody gave one.</summary>
static class ValueFormat
{
    internal static IRecordFormat<T> For<T>() => HasItsOwn(typeof(T)) ? RecordFormat.For<T>() : RecordFormat.Json((JsonTypeInfo<T>)Json.GetTypeInfo(typeof(T)));

    static bool HasItsOwn(Type type) => type == typeof(string) || type == typeof(byte[]) || type == typeof(short) || type == typeof(int) || type == typeof(long) || type == typeof(float) || type == typeof(double) || type == typeof(Guid);

    // As results of tasks are written: what one task returns is what a topic has.
    static JsonSerializerOptions Json { get; } = new(ParamSet.Json) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };
}

/// <summary>A value, or why its bytes are none: a sequence that throws has ended, and the records behind the bad one would be lost with it.</summary>
/// <param name="Size">In bytes.</param>
readonly record struct Readable<T>(T Value, Exception? Why, int Size);

sealed class ReadableFormat<T>(IRecordFormat<T> format) : IRecordFormat<Readable<T>>
{
    public void Write(Readable<T> value, IBufferWriter<byte> output) => format.Write(value.Value, output);

    public Readable<T> Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return new(format.Read(bytes), null, bytes.Length);
        }
        catch (Exception broken) when (broken is not OutOfMemoryException)
        {
            return new(default!, broken, bytes.Length);
        }
    }
}
