using System.Text;

namespace Millrace.Data;

/// <summary>The bytes of a file as UTF-8, up to the length that it had when it was opened.</summary>
sealed class BlockInput(Stream stream, string name, long? length, Stream opened) : IAsyncDisposable
{
    long position;

    /// <param name="encoding">Null is what the byte order mark says, UTF-8 without one.</param>
    internal static async ValueTask<BlockInput> OpenAsync(InputFile file, Encoding? encoding, CancellationToken cancel)
    {
        var stream = await file.OpenAsync(cancel).ConfigureAwait(false);
        if (encoding is null)
        {
            var mark = new byte[2];
            var count = await stream.ReadAtLeastAsync(mark, mark.Length, throwOnEndOfStream: false, cancel).ConfigureAwait(false);
            encoding = mark switch
            {
                [0xFF, 0xFE] when count == 2 => Encoding.Unicode,
                [0xFE, 0xFF] when count == 2 => Encoding.BigEndianUnicode,
                _ => null,
            };
            if (stream.CanSeek)
            {
                stream.Position = 0;
            }
            else
            {
                await stream.DisposeAsync().ConfigureAwait(false);
                stream = await file.OpenAsync(cancel).ConfigureAwait(false);
            }
        }
        if (encoding is null or UTF8Encoding) return new BlockInput(stream, file.Name, stream.CanSeek ? stream.Length : null, stream);
        var strict = (Encoding)encoding.Clone();
        strict.DecoderFallback = DecoderFallback.ExceptionFallback;
        return new BlockInput(Encoding.CreateTranscodingStream(stream, strict, new UTF8Encoding(false)), file.Name, null, stream);
    }

    /// <summary>How many of the file's bytes have been taken, packed and encoded as they lie there.</summary>
    internal long Stored => opened is FileStream file ? file.Position : InputFile.Stored(opened, position);

    internal ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken cancel)
    {
        if (length is { } all && all - position < into.Length) into = into[..(int)(all - position)];
        // A file on disk is read at once: its reads block whoever makes them, and this thread may as well be the one.
        return stream is FileStream ? ValueTask.FromResult(Counted(stream.Read(into.Span), into.Length)) : ReadSlowAsync(into, cancel);
    }

    async ValueTask<int> ReadSlowAsync(Memory<byte> into, CancellationToken cancel)
    {
        try
        {
            return Counted(await stream.ReadAsync(into, cancel).ConfigureAwait(false), into.Length);
        }
        catch (DecoderFallbackException e)
        {
            throw new BadDataException($"'{name}' isn't in the encoding it is read with: bytes 0x{Convert.ToHexString(e.BytesUnknown ?? [])} mean nothing there. Name another Encoding.", name, inner: e);
        }
    }

    int Counted(int count, int wanted)
    {
        if (count == 0 && wanted > 0 && position < length)
            throw new BadDataException($"'{name}' had {length:N0} bytes when it was opened and ends after {position:N0}: it was cut while it was read.", name);
        position += count;
        return count;
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();
}
