using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Millrace.Kafka.Compression;

/// <summary>Gzip, as .NET packs it.</summary>
static class Gzip
{
    /// <summary>Nothing packed: where not a byte is written, .NET writes no gzip at all.</summary>
    static ReadOnlySpan<byte> Nothing => [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    internal static void Unpack(ReadOnlyMemory<byte> packed, RentedBytes output)
    {
        try
        {
            using var gzip = new GZipStream(Reading(packed), CompressionMode.Decompress);
            output.WriteFrom(gzip);
        }
        catch (InvalidDataException e)
        {
            throw new CompressionException("The gzip data is broken.", e);
        }
    }

    internal static void Pack(ReadOnlySpan<byte> plain, RentedBytes output)
    {
        if (plain.IsEmpty)
        {
            output.Write(Nothing);
            return;
        }
        using var gzip = new GZipStream(new Sink(output), CompressionLevel.Fastest);
        gzip.Write(plain);
    }

    internal static Stream Reading(ReadOnlyMemory<byte> packed) =>
        MemoryMarshal.TryGetArray(packed, out var array) ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false) : new MemoryStream(packed.ToArray(), writable: false);

    sealed class Sink(RentedBytes output) : Stream
    {
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(ReadOnlySpan<byte> buffer) => output.Write(buffer);
        public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer.AsSpan(offset, count));
        public override void Flush() { }
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
