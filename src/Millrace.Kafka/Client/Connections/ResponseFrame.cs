using System.Buffers;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Connections;

/// <summary>An answer as it came, in a rented buffer. Its one owner disposes it.</summary>
sealed class ResponseFrame(int length) : IDisposable
{
    byte[]? buffer = ArrayPool<byte>.Shared.Rent(length);

    internal Memory<byte> Memory => buffer.AsMemory(0, length);

    /// <summary>Whose answer this is.</summary>
    internal int Correlation => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(buffer);

    /// <summary>A reader behind the head.</summary>
    internal WireReader Open(bool flexibleHead)
    {
        var reader = new WireReader(Memory) { Flexible = flexibleHead };
        reader.Int32();
        if (flexibleHead) reader.SkipTags();
        return reader;
    }

    internal TResponse Read<TResponse>(short version) where TResponse : IMessage<TResponse>
    {
        // The answer about versions can't know yet which heads we read.
        var reader = Open(version >= TResponse.FlexibleFrom && TResponse.Api != ApiKey.ApiVersions);
        return TResponse.Read(ref reader, version);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref buffer, null) is { } rented) ArrayPool<byte>.Shared.Return(rented);
    }
}
