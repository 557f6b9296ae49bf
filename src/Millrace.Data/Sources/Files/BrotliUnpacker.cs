using System.Buffers;
using System.IO.Compression;
using Millrace.Zstd;

namespace Millrace.Data;

/// <summary>Unpacks brotli, and takes a file that ends too early for one that is broken.</summary>
sealed class BrotliUnpacker(Stream packed) : ForwardStream
{
    readonly byte[] input = new byte[1 << 16];
    BrotliDecoder decoder;
    int start, end;
    bool done;

    public override int Read(Span<byte> buffer)
    {
        while (!done && !buffer.IsEmpty)
        {
            var status = decoder.Decompress(input.AsSpan(start, end - start), buffer, out var used, out var written);
            start += used;
            switch (status)
            {
                case OperationStatus.Done:
                    done = true;
                    return written;
                case OperationStatus.InvalidData:
                    throw new InvalidDataException("The bytes aren't brotli.");
                case OperationStatus.NeedMoreData when written == 0:
                    (start, end) = (0, packed.Read(input));
                    if (end == 0) throw new EndOfStreamException("The brotli data isn't complete.");
                    break;
                default:
                    return written;
            }
        }
        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            decoder.Dispose();
            packed.Dispose();
        }
        base.Dispose(disposing);
    }
}
