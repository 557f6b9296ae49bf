using System.Buffers;

namespace Millrace.Kafka;

/// <summary>Turns keys or values into bytes and back. It is used by many threads at once. Null never gets here: it is null on the wire as well.</summary>
public interface IRecordFormat<T>
{
    void Write(T value, IBufferWriter<byte> output);

    /// <param name="bytes">Good until this returns, unless the format says otherwise.</param>
    T Read(ReadOnlyMemory<byte> bytes);
}
