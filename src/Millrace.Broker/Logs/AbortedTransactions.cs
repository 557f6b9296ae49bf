using System.Buffers.Binary;
using Millrace.Broker.Files;

namespace Millrace.Broker.Logs;

/// <summary>A transaction that was given up: who reads only what is committed leaves its records out.</summary>
readonly record struct AbortedTransaction(long ProducerId, long FirstOffset, long LastOffset, long StableOffset);

/// <summary>
/// The transactions of a partition that were given up, beside its segments (aborted.index):
/// <code>
///  | producer id, 8 bytes | first offset, 8 | last offset, 8: that of the marker | stable offset then, 8 |
/// </code>
/// </summary>
sealed class AbortedTransactions(DiskFile file) : IDisposable
{
    const int Size = 32;
    List<AbortedTransaction> all = [];

    /// <summary>Reads what is there of offsets before that; what comes behind is told by the log again.</summary>
    internal void Load(long before)
    {
        var bytes = new byte[file.Length / Size * Size];
        var count = file.Read(bytes, 0) / Size;
        all = new(count);
        for (var i = 0; i < count; i++)
        {
            var entry = bytes.AsSpan(i * Size, Size);
            var aborted = new AbortedTransaction(Number(entry, 0), Number(entry, 1), Number(entry, 2), Number(entry, 3));
            if (aborted.LastOffset >= before || aborted.FirstOffset > aborted.LastOffset) break;
            all.Add(aborted);
        }
        file.SetLength((long)all.Count * Size);
    }

    static long Number(ReadOnlySpan<byte> entry, int index) => BinaryPrimitives.ReadInt64BigEndian(entry[(index * 8)..]);

    internal void Add(AbortedTransaction aborted)
    {
        Span<byte> entry = stackalloc byte[Size];
        BinaryPrimitives.WriteInt64BigEndian(entry, aborted.ProducerId);
        BinaryPrimitives.WriteInt64BigEndian(entry[8..], aborted.FirstOffset);
        BinaryPrimitives.WriteInt64BigEndian(entry[16..], aborted.LastOffset);
        BinaryPrimitives.WriteInt64BigEndian(entry[24..], aborted.StableOffset);
        file.Write(entry, (long)all.Count * Size);
        all.Add(aborted);
    }

    /// <summary>Those with records from one offset to before another.</summary>
    internal IEnumerable<AbortedTransaction> Between(long from, long to) => all.Where(a => a.LastOffset >= from && a.FirstOffset < to);

    internal void DropBefore(long offset)
    {
        if (!all.Exists(a => a.LastOffset < offset)) return;
        var kept = all.Where(a => a.LastOffset >= offset).ToList();
        file.SetLength(0);
        all = [];
        foreach (var aborted in kept) Add(aborted);
    }

    internal void Flush() => file.Flush();

    public void Dispose() => file.Dispose();
}
