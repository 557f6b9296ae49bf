using Millrace.Zstd;

namespace Millrace.Data;

/// <summary>A file up to the length that it had when it was opened.</summary>
sealed class BoundedStream(FileStream file, string name) : ForwardStream
{
    readonly long length = file.Length;
    long position;

    public override int Read(Span<byte> buffer)
    {
        if (length - position < buffer.Length) buffer = buffer[..(int)(length - position)];
        var read = file.Read(buffer);
        if (read == 0 && buffer.Length > 0)
            throw new BadDataException($"'{name}' had {length:N0} bytes when it was opened and ends after {position:N0}: it was cut while it was read.", name);
        position += read;
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) file.Dispose();
        base.Dispose(disposing);
    }
}
