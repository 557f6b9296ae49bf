using System.Buffers.Binary;
using Millrace.Broker.Files;
using Millrace.Kafka.Records;

namespace Millrace.Broker.Logs;

/// <summary>
/// An entry for the first batch behind every few kilobytes of a segment, searched by halving, by offset and by time:
/// <code>
///  | offset - base, 4 | position, 4 | latest time before it, 8 | crc, 4 |
/// </code>
/// The checksum begins with the number of the segment's file. The newest entries are in memory until there are some hundreds.
/// An index isn't flushed: one that doesn't hold is made anew.
/// </summary>
sealed class SegmentIndex(DiskFolder folder, string name, long baseOffset, uint fileId, bool isNew) : IDisposable
{
    const int Size = 20, Interval = 4096, MostPending = 256;

    readonly Lock gate = new();
    readonly List<IndexEntry> pending = [];
    // Opened when it's needed: most logs are small, and most segments aren't searched.
    DiskFile? file;
    int saved = isNew ? 0 : -1;
    int sinceLast;

    DiskFile File => file ??= folder.Open(name);

    int Saved => saved >= 0 ? saved : saved = (int)(File.Length / Size);

    internal int Count
    {
        get
        {
            lock (gate) return Saved + pending.Count;
        }
    }

    internal int SavedCount
    {
        get
        {
            lock (gate) return Saved;
        }
    }

    internal void Clear()
    {
        lock (gate)
        {
            pending.Clear();
            File.SetLength(0);
            (saved, sinceLast) = (0, 0);
        }
    }

    /// <summary>Keeps the first entries only: those behind tell of batches that may not be there.</summary>
    internal void Restore(int count)
    {
        lock (gate)
        {
            pending.Clear();
            saved = count == 0 ? 0 : (int)Math.Min(count, File.Length / Size);
            if (saved > 0) File.SetLength((long)saved * Size);
            sinceLast = Interval;
        }
    }

    internal void OpenFile()
    {
        lock (gate) _ = File;
    }

    /// <summary>Is told of each batch, and adds an entry for some.</summary>
    internal void See(long offset, int position, int size, long latestBefore)
    {
        lock (gate)
        {
            if (sinceLast >= Interval)
            {
                pending.Add(new(offset, position, latestBefore));
                sinceLast = 0;
                if (pending.Count >= MostPending) Write();
            }
            sinceLast = (int)Math.Min((long)sinceLast + size, Interval);
        }
    }

    /// <summary>Writes what is in memory only.</summary>
    internal void Save()
    {
        lock (gate)
        {
            if (pending.Count > 0) Write();
        }
    }

    void Write()
    {
        Span<byte> bytes = stackalloc byte[pending.Count * Size];
        for (var i = 0; i < pending.Count; i++)
        {
            var entry = bytes.Slice(i * Size, Size);
            BinaryPrimitives.WriteUInt32BigEndian(entry, (uint)(pending[i].Offset - baseOffset));
            BinaryPrimitives.WriteInt32BigEndian(entry[4..], pending[i].Position);
            BinaryPrimitives.WriteInt64BigEndian(entry[8..], pending[i].LatestBefore);
            BinaryPrimitives.WriteUInt32BigEndian(entry[16..], Crc(entry));
        }
        try
        {
            // Of a file with that name that was there before, nothing stays.
            if (Saved == 0) File.SetLength(0);
            File.Write(bytes, (long)Saved * Size);
            saved = Saved + pending.Count;
        }
        catch (IOException)
        {
            // A full disk costs the hint, not the append: reads walk a little further.
        }
        pending.Clear();
    }

    uint Crc(ReadOnlySpan<byte> entry) => ~Crc32C.Continue(~fileId, entry[..16]);

    /// <summary>The last entry with an offset up to that, or null.</summary>
    internal IndexEntry? Before(long offset) => LastWhile(e => e.Offset <= offset);

    /// <summary>A position before which no record is as late as that, or null.</summary>
    internal int? BeforeTime(long timestamp) => LastWhile(e => e.LatestBefore < timestamp)?.Position;

    internal IndexEntry? Last() => LastWhile(static _ => true);

    IndexEntry? LastWhile(Func<IndexEntry, bool> holds)
    {
        int low = 0, high;
        lock (gate)
        {
            if (pending.Count > 0 && holds(pending[0])) return pending[pending.FindLastIndex(e => holds(e))];
            high = Saved;
            if (high > 0) _ = File;
        }
        IndexEntry? found = null;
        while (low < high)
        {
            var middle = (low + high) / 2;
            // An entry that doesn't hold tells nothing; those before it may.
            if (At(middle) is not { } entry)
            {
                high = middle;
                continue;
            }
            if (holds(entry)) (low, found) = (middle + 1, entry);
            else high = middle;
        }
        return found;
    }

    IndexEntry? At(int number)
    {
        Span<byte> entry = stackalloc byte[Size];
        if (File.Read(entry, (long)number * Size) < Size || BinaryPrimitives.ReadUInt32BigEndian(entry[16..]) != Crc(entry)) return null;
        return new(baseOffset + BinaryPrimitives.ReadUInt32BigEndian(entry), BinaryPrimitives.ReadInt32BigEndian(entry[4..]), BinaryPrimitives.ReadInt64BigEndian(entry[8..]));
    }

    public void Dispose() => file?.Dispose();
}

/// <param name="LatestBefore">The latest time of all batches of the segment before this one.</param>
readonly record struct IndexEntry(long Offset, int Position, long LatestBefore);
