using System.Buffers.Binary;
using Millrace.Broker.Files;
using Millrace.Kafka.Records;

namespace Millrace.Broker.Logs;

/// <summary>A transaction that was given up: who reads only what is committed leaves its records out.</summary>
/// <param name="LastOffset">That of the marker.</param>
/// <param name="StableOffset">Where the oldest transaction began that was open behind the marker.</param>
readonly record struct AbortedTransaction(long ProducerId, long FirstOffset, long LastOffset, long StableOffset);

/// <summary>
/// The transactions of a partition that were given up, in the order of their markers. Checkpoints write them to the file
/// "aborted"; newer ones are told by the log again:
/// <code>
///  | producer id, 8 | first offset, 8 | last offset, 8 | stable offset then, 8 | crc, 4 | ...
/// </code>
/// </summary>
sealed class AbortedTransactions(DiskFolder folder)
{
    internal const string FileName = "aborted";
    const int Size = 36;

    List<AbortedTransaction> all = [];
    int saved;

    /// <summary>Reads those before an offset. False if the file doesn't hold.</summary>
    internal bool Load(bool isThere, long before)
    {
        (all, saved) = ([], 0);
        if (!isThere) return true;
        var bytes = folder.ReadAll(FileName) ?? [];
        for (var at = 0; at + Size <= bytes.Length; at += Size)
        {
            var entry = bytes.AsSpan(at, Size);
            var aborted = new AbortedTransaction(Number(entry, 0), Number(entry, 1), Number(entry, 2), Number(entry, 3));
            // What was written behind the checkpoint needn't be whole.
            if (BinaryPrimitives.ReadUInt32BigEndian(entry[32..]) != Crc32C.Of(entry[..32])) return false;
            if (aborted.LastOffset >= before) break;
            all.Add(aborted);
        }
        saved = all.Count;
        return true;
    }

    static long Number(ReadOnlySpan<byte> entry, int index) => BinaryPrimitives.ReadInt64BigEndian(entry[(index * 8)..]);

    internal void Clear(bool isThere)
    {
        (all, saved) = ([], 0);
        if (isThere) folder.Delete(FileName);
    }

    internal void Add(AbortedTransaction aborted) => all.Add(aborted);

    /// <summary>Brings all to the disk.</summary>
    internal void Save()
    {
        if (saved == all.Count) return;
        using var file = folder.Open(FileName);
        file.Write(Written(saved), (long)saved * Size);
        file.SetLength((long)all.Count * Size);
        file.Flush();
        if (saved == 0) folder.Flush();
        saved = all.Count;
    }

    byte[] Written(int from)
    {
        var bytes = new byte[(all.Count - from) * Size];
        for (var i = from; i < all.Count; i++)
        {
            var entry = bytes.AsSpan((i - from) * Size, Size);
            BinaryPrimitives.WriteInt64BigEndian(entry, all[i].ProducerId);
            BinaryPrimitives.WriteInt64BigEndian(entry[8..], all[i].FirstOffset);
            BinaryPrimitives.WriteInt64BigEndian(entry[16..], all[i].LastOffset);
            BinaryPrimitives.WriteInt64BigEndian(entry[24..], all[i].StableOffset);
            BinaryPrimitives.WriteUInt32BigEndian(entry[32..], Crc32C.Of(entry[..32]));
        }
        return bytes;
    }

    /// <summary>Those with records from one offset to before another.</summary>
    internal List<AbortedTransaction> Between(long from, long to)
    {
        var found = new List<AbortedTransaction>();
        for (var i = FirstEndingAt(from); i < all.Count; i++)
        {
            if (all[i].FirstOffset < to) found.Add(all[i]);
            // All that end later begin behind what was open then.
            if (all[i].StableOffset >= to) break;
        }
        return found;
    }

    int FirstEndingAt(long offset)
    {
        var (low, high) = (0, all.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (all[middle].LastOffset < offset) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    internal void DropBefore(long offset) => Drop(a => a.LastOffset < offset);

    internal void Drop(Predicate<AbortedTransaction> isGone)
    {
        if (!all.Exists(isGone)) return;
        // A new list: should the disk refuse, the old one holds.
        var kept = all.Where(a => !isGone(a)).ToList();
        var before = (all, saved);
        (all, saved) = (kept, kept.Count);
        try
        {
            folder.Replace(FileName, Written(0));
        }
        catch
        {
            (all, saved) = before;
            throw;
        }
    }
}
