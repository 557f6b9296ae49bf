using System.Buffers;
using System.Text;

namespace Millrace.Plans;

/// <summary>Collects the bytes of a text column in rented memory that grows.</summary>
sealed class BytesWriter : IBufferWriter<byte>
{
    readonly DataType type;
    readonly BatchMemory memory;
    readonly int count;
    byte[] bytes;
    int used;

    internal BytesWriter(DataType type, int count, BatchMemory memory, int guess = 256)
    {
        (this.type, this.count, this.memory) = (type, count, memory);
        Views = memory.Rent<BytesView>(count);
        Array.Clear(Views, 0, count);
        bytes = memory.Rent<byte>(guess);
    }

    /// <summary>Where each row's value lies; for the caller to set.</summary>
    internal BytesView[] Views { get; }

    internal BytesView Append(ReadOnlySpan<byte> value)
    {
        value.CopyTo(GetSpan(value.Length));
        used += value.Length;
        return new BytesView(used - value.Length, value.Length);
    }

    internal BytesView AppendText(ReadOnlySpan<char> value)
    {
        var start = used;
        used += Encoding.UTF8.GetBytes(value, GetSpan(Encoding.UTF8.GetByteCount(value)));
        return Since(start);
    }

    internal int Position => used;

    /// <summary>All since that position, as one value.</summary>
    internal BytesView Since(int start) => new(start, used - start);

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        var needed = checked(used + Math.Max(sizeHint, 1));
        if (needed > bytes.Length)
        {
            var larger = memory.Rent<byte>((int)Math.Min(Array.MaxLength, Math.Max(needed, bytes.Length * 2L)));
            bytes.AsSpan(0, used).CopyTo(larger);
            bytes = larger;
        }
        return bytes.AsSpan(used);
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        GetSpan(sizeHint);
        return bytes.AsMemory(used);
    }

    public void Advance(int count) => used += count;

    internal BytesColumn Column(ReadOnlyMemory<bool> nulls) => new(type, bytes.AsMemory(0, used), Views.AsMemory(0, count), nulls);
}
