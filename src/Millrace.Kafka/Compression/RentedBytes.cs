using System.Buffers;
using System.Numerics;

namespace Millrace.Kafka.Compression;

/// <summary>A rented buffer that grows up to a limit: what is unpacked can't take more memory than it may. It has one owner, who disposes it.</summary>
/// <param name="room">What it shares with others, and grows no further than there is room in it.</param>
sealed class RentedBytes(int limit, SharedRoom? room = null) : IBufferWriter<byte>, IDisposable
{
    byte[] buffer = [];
    // Of the shared room.
    long taken;

    internal int Length { get; private set; }

    internal ReadOnlySpan<byte> Span => buffer.AsSpan(0, Length);

    internal ReadOnlyMemory<byte> Memory => buffer.AsMemory(0, Length);

    /// <summary>All that was written, to be changed in place.</summary>
    internal Span<byte> Writable => buffer.AsSpan(0, Length);

    /// <summary>The whole buffer, with room behind what was written for that many bytes more.</summary>
    internal Span<byte> WithRoom(int more)
    {
        var needed = (long)Length + more;
        if (needed > limit) throw TooMuch();
        if (needed > buffer.Length) Grow(needed);
        return buffer;
    }

    /// <summary>The whole buffer, with room for what may come: that many bytes, or as many as the limit leaves.</summary>
    internal byte[] WithRoomUpTo(int most, out int end)
    {
        end = (int)Math.Min(limit, (long)Length + most);
        if (end > buffer.Length) Grow(end);
        return buffer;
    }

    internal CompressionException TooMuch() => new($"The records unpack to more than {limit:N0} bytes, which is the most that is allowed here.");

    void Grow(long needed)
    {
        var size = (int)Math.Min(limit, Math.Max(needed, buffer.Length * 2L));
        // Both are there while one is copied into the other.
        var more = room is null || size <= SharedRoom.Small ? 0 : (long)BitOperations.RoundUpToPowerOf2((uint)size);
        if (more > 0 && !room!.TryTake(more)) throw CompressionException.Crowded(size, room.Limit);
        var larger = ArrayPool<byte>.Shared.Rent(size);
        Span.CopyTo(larger);
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
        room?.Return(taken);
        taken = more;
    }

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        WithRoom(Math.Max(sizeHint, 1));
        return buffer.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => WithRoom(Math.Max(sizeHint, 1))[Length..];

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(WithRoom(bytes.Length)[Length..]);
        Length += bytes.Length;
    }

    /// <summary>Takes all that the stream gives.</summary>
    internal void WriteFrom(Stream stream)
    {
        while (true)
        {
            var room = WithRoomUpTo(64 * 1024, out var end).AsSpan(Length..end);
            if (room.IsEmpty)
            {
                if (stream.ReadByte() >= 0) throw TooMuch();
                return;
            }
            var read = stream.Read(room);
            if (read == 0) return;
            Length += read;
        }
    }

    internal void Clear() => Length = 0;

    public void Dispose()
    {
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
        Length = 0;
        room?.Return(taken);
        taken = 0;
    }
}
