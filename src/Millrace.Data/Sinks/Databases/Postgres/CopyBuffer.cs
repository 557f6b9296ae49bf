using System.Buffers;
using System.Buffers.Binary;

namespace Millrace.Data;

/// <summary>Bytes on their way to PostgreSQL, big endian.</summary>
sealed class CopyBuffer : IDisposable
{
    byte[] bytes = ArrayPool<byte>.Shared.Rent(256 * 1024);

    internal int Used { get; set; }

    internal ReadOnlyMemory<byte> Written => bytes.AsMemory(0, Used);

    internal Span<byte> Take(int count)
    {
        if (bytes.Length - Used < count)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(Used + count), bytes.Length * 2));
            bytes.AsSpan(0, Used).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(bytes);
            bytes = larger;
        }
        var span = bytes.AsSpan(Used, count);
        Used += count;
        return span;
    }

    internal void Int16(int value) => BinaryPrimitives.WriteInt16BigEndian(Take(2), (short)value);
    internal void Int32(int value) => BinaryPrimitives.WriteInt32BigEndian(Take(4), value);
    internal void PutInt32(int at, int value) => BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at), value);
    internal void PutInt16(int at, int value) => BinaryPrimitives.WriteInt16BigEndian(bytes.AsSpan(at), (short)value);

    public void Dispose() => ArrayPool<byte>.Shared.Return(bytes);
}
