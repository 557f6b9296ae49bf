using System.Buffers;

namespace Millrace.Execution;

/// <summary>Keeps what is written in memory while it is small, and from then on in a file: no value is ever held whole when it is large.</summary>
sealed class SpillStream(string path, int limit) : Stream
{
    byte[]? buffer = ArrayPool<byte>.Shared.Rent(Math.Min(limit, 4 * 1024));
    int length;
    FileStream? file;
    JsonItemCounter counter;

    public bool Spilled => file is not null;
    public long Written { get; private set; }
    /// <summary>Items of the outermost array; null when it isn't one.</summary>
    public int? Items => counter.Items;
    /// <summary>Counts items while they pass; set before the first byte.</summary>
    public bool CountItems { get; init; }

    public byte[] ToArray() => buffer.AsSpan(0, length).ToArray();

    public override void Write(ReadOnlySpan<byte> bytes)
    {
        Written += bytes.Length;
        if (CountItems) counter.Read(bytes);
        if (file is null && length + bytes.Length <= limit)
        {
            if (buffer!.Length < length + bytes.Length)
            {
                var larger = ArrayPool<byte>.Shared.Rent(Math.Max(buffer.Length * 2, length + bytes.Length));
                buffer.AsSpan(0, length).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = larger;
            }
            bytes.CopyTo(buffer.AsSpan(length));
            length += bytes.Length;
            return;
        }
        if (file is null) Spill();
        file!.Write(bytes);
    }

    void Spill()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 64 * 1024);
        file.Write(buffer.AsSpan(0, length));
    }

    /// <summary>What was written is of no use.</summary>
    public void Discard()
    {
        file?.Dispose();
        if (file is not null) File.Delete(path);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        Write(buffer.AsSpan(offset, count));
        return Task.CompletedTask;
    }

    public override void Flush() { }
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override void Dispose(bool disposing)
    {
        file?.Dispose();
        if (buffer is not null) ArrayPool<byte>.Shared.Return(buffer);
        buffer = null;
        base.Dispose(disposing);
    }

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => Written;
    public override long Position { get => Written; set => throw new NotSupportedException(); }
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}
