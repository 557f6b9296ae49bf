using System.Buffers;
using Millrace.Kafka;

namespace Millrace.Operators;

/// <summary>Bytes where they lie; a record without a value has none.</summary>
sealed class OptionalBytes : IRecordFormat<ReadOnlyMemory<byte>?>
{
    internal static OptionalBytes Format { get; } = new();

    public void Write(ReadOnlyMemory<byte>? value, IBufferWriter<byte> output) => RecordFormat.Memory.Write(value!.Value, output);

    public ReadOnlyMemory<byte>? Read(ReadOnlyMemory<byte> bytes) => bytes;
}
