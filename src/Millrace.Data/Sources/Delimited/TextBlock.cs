using System.Buffers;

namespace Millrace.Data;

/// <summary>Whole records of a file, and where its fields end. Owns its buffer until a batch takes it over.</summary>
sealed class TextBlock(InputFile file, FileLayout layout, byte[] buffer, int start, int length) : IDisposable
{
    byte[]? buffer = buffer;

    internal InputFile File { get; } = file;
    internal FileLayout Layout { get; } = layout;
    internal Memory<byte> Bytes => new(buffer, start, length);

    /// <summary>The records with <see cref="FieldIndex.Slack"/> bytes behind them that may be read and mean nothing.</summary>
    internal Span<byte> Padded => buffer.AsSpan(start);

    /// <summary>There already where the block has quotes: without it, nobody knows where the block ends.</summary>
    internal FieldIndex? Index { get; init; }

    /// <summary>Whether a quote stands anywhere in it that means something.</summary>
    internal bool Quoted => Index is not null;

    /// <summary>Whether the file ends with it.</summary>
    internal bool Last { get; init; }

    /// <summary>Whether it is the first of its file, and the lines above it there: skipped ones and the header.</summary>
    internal bool First { get; init; }
    internal int LinesAbove { get; init; }

    /// <summary>The buffer, to be given back when the batch that stands on it is.</summary>
    internal IDisposable Release()
    {
        var lent = new Lent(buffer!);
        buffer = null;
        return lent;
    }

    public void Dispose()
    {
        if (buffer is not null) ArrayPool<byte>.Shared.Return(buffer);
        buffer = null;
        Index?.Dispose();
    }

    sealed class Lent(byte[] buffer) : IDisposable
    {
        public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);
    }
}

/// <summary>Which fields of a file's records are read: its columns need not stand in the order of the schema.</summary>
/// <param name="Width">Fields of a record.</param>
/// <param name="Ordinals">The field of each wanted column.</param>
sealed record FileLayout(int Width, int[] Ordinals);
