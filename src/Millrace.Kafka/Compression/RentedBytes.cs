using System.Buffers;

namespace Millrace.Kafka.Compression;

/// <summary>A rented buffer that grows up to a limit: what is unpacked can't take more memory than it may. It has one owner, who disposes it.</summary>
sealed class RentedBytes(int limit) : IBufferWriter<byte>, IDisposable
{
    byte[] buffer = [];

    internal int Length { get; private set; }

    internal ReadOnlySpan<byte> Span => buffer.AsSpan(0, Length);

    internal ReadOnlyMemory<byte> Memory => buffer.AsMemory(0, Length);

    /// <summary>All that was written, to be changed in place.</summary>
    internal Span<byte> Writable => buffer.AsSpan(0, Length);

    /// <summary>The whole buffer, with room behind what was written for that many bytes more.</summary>
    internal Span<byte> WithRoom(int more)
    {
        var needed = (long)Length + more;
        if (needed > buffer.Length) Grow(needed);
        return buffer;
    }

    void Grow(long needed)
    {
        if (needed > limit) throw new CompressionException($"The records unpack to more than {limit:N0} bytes, which is the most that is allowed here.");
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(limit, Math.Max(needed, buffer.Length * 2L)));
        Span.CopyTo(larger);
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        WithRoom(Math.Max(sizeHint, 256));
        return buffer.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => WithRoom(Math.Max(sizeHint, 256))[Length..];

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(WithRoom(bytes.Length)[Length..]);
        Length += bytes.Length;
    }

    /// <summary>Takes all that the stream gives.</summary>
    internal void WriteFrom(Stream stream)
    {
        while (stream.Read(GetSpan(4096)) is > 0 and var read) Length += read;
    }

    internal void Clear() => Length = 0;

    public void Dispose()
    {
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
        Length = 0;
    }
}
