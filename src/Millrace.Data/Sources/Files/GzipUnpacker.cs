using System.IO.Compression;
using Millrace.Zstd;

namespace Millrace.Data;

/// <summary>
/// Unpacks gzip, and knows whether the data was whole: .NET's stream takes the end of a cut file for the end of the
/// data. So a member of our own follows the file's last byte. Where its content comes out at the end, the members before
/// it were complete; where the file was cut, it is taken for a part of the member that was.
/// </summary>
sealed class GzipUnpacker : ForwardStream
{
    static readonly byte[] mark = Guid.NewGuid().ToByteArray();
    static readonly byte[] markMember = Packed(mark);

    readonly Appended packed;
    readonly GZipStream unpacked;
    byte[] tail = [];
    int tailUsed;
    bool ended;

    internal GzipUnpacker(Stream file)
    {
        packed = new Appended(file);
        unpacked = new GZipStream(packed, CompressionMode.Decompress);
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        if (!ended)
        {
            var read = unpacked.Read(buffer);
            if (!packed.AtMark && read > 0) return read;
            // From here on come at most the last of the content and the mark: held back until it is clear which is which.
            ended = true;
            tail = Rest(buffer[..read]);
        }
        var count = Math.Min(buffer.Length, tail.Length - tailUsed);
        tail.AsSpan(tailUsed, count).CopyTo(buffer);
        tailUsed += count;
        return count;
    }

    byte[] Rest(ReadOnlySpan<byte> first)
    {
        using var rest = new MemoryStream();
        rest.Write(first);
        try
        {
            unpacked.CopyTo(rest);
        }
        catch (InvalidDataException) when (packed.AtMark)
        {
            // The mark was no member of its own: see below.
        }
        var all = rest.ToArray();
        if (!packed.AtMark || !all.AsSpan().EndsWith(mark)) throw new EndOfStreamException("The last gzip member isn't complete, or something else follows it.");
        return all[..^mark.Length];
    }

    static byte[] Packed(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal)) gzip.Write(content);
        return packed.ToArray();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) unpacked.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>The file, then the mark.</summary>
    sealed class Appended(Stream file) : ForwardStream
    {
        int given;

        internal bool AtMark { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            if (!AtMark)
            {
                var read = file.Read(buffer);
                if (read > 0 || buffer.IsEmpty) return read;
                AtMark = true;
            }
            var count = Math.Min(buffer.Length, markMember.Length - given);
            markMember.AsSpan(given, count).CopyTo(buffer);
            given += count;
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) file.Dispose();
            base.Dispose(disposing);
        }
    }
}
