using Millrace.Zstd;

namespace Millrace.Data;

/// <summary>
/// What comes out of a decompressor, guarded: broken or cut data names the file and the byte of the packed data, and
/// data that grows beyond all measure is refused.
/// </summary>
/// <param name="packed">Counts what the decompressor took; null where <paramref name="packedLength"/> is all that is known, if that.</param>
sealed class UnpackingStream(Stream unpacked, CountingStream? packed, long? packedLength, string codec, string name, InputLimits limits) : ForwardStream
{
    const long AlwaysFine = 64 << 20;

    long total;

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return Counted(unpacked.Read(buffer), buffer.Length > 0);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException || e.GetType() == typeof(InvalidOperationException))
        {
            throw Broken(e);
        }
    }

    /// <summary>How many bytes there must be, where that is known.</summary>
    internal long? Expected { get; init; }

    /// <summary>How many packed bytes were taken; counted by what came out of them where the packing doesn't count.</summary>
    internal long Stored => packed?.Total ?? (Expected is > 0 and var all && packedLength is { } length ? (long)(length * (double)total / all) : total);

    int Counted(int read, bool asked)
    {
        total += read;
        if (read == 0 && asked && total != (Expected ?? total)) throw new InvalidDataException($"{Expected:N0} bytes were expected.");
        if (total > limits.MaxBytes)
            throw new BadDataException($"'{name}' unpacks to more than {limits.MaxBytes:N0} bytes, which is the limit. Raise InputLimits.MaxBytes if that is right.", name);
        if (total > AlwaysFine && (packed?.Total ?? packedLength) is > 0 and var from && total / from >= limits.MaxRatio)
            throw new BadDataException($"'{name}' unpacks to more than {limits.MaxRatio} times its size ({total:N0} bytes from {from:N0} so far), as files do that are made to fill a machine. Raise InputLimits.MaxRatio if that is right.", name);
        return read;
    }

    BadDataException Broken(Exception e)
    {
        var where = packed is null ? $"after {total:N0} unpacked bytes" : $"at byte {packed.Total:N0}";
        var why = packed is { Ended: true } ? $"ends in the middle of its {codec} data" : $"has broken {codec} data";
        return new BadDataException($"'{name}' {why}, {where}. Fetch or pack it again.", name, inner: e);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) unpacked.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>Counts what is read of a stream, and knows when it was at its end.</summary>
sealed class CountingStream(Stream inner) : ForwardStream
{
    internal long Total { get; private set; }
    internal bool Ended { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        Total += read;
        Ended |= read == 0 && buffer.Length > 0;
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
