using Millrace.Kafka.Records;

namespace Millrace.Broker.Logs;

sealed partial class Segment
{
    // Where readers left off, so that who reads on needs no search: offset and position in one number, each.
    long[]? places;
    const long Unknown = long.MinValue;
    const int MostWithoutIndex = 64 * 1024;
    long maxTimestamp;

    internal SegmentIndex Index
    {
        get
        {
            if (Volatile.Read(ref index) is { } open) return open;
            lock (opening) return index ??= new SegmentIndex(folder, name[..^LogEnd.Length] + IndexEnd, BaseOffset, FileId, isNew);
        }
    }

    /// <summary>Whether the index was needed yet.</summary>
    internal bool HasIndex => index is not null;

    /// <summary>The latest time of a record, or -1.</summary>
    internal long MaxTimestamp => Volatile.Read(ref maxTimestamp) is var known and not Unknown ? known : Look();

    /// <summary>Finds out what isn't known of a segment that wasn't read when the log was opened.</summary>
    long Look()
    {
        lock (opening) return LookOnce();
    }

    long LookOnce()
    {
        if (maxTimestamp != Unknown) return maxTimestamp;
        if (FileId == 0 && ReadHead(out _) != SegmentHead.Whole) throw Flaw(0, "its head doesn't hold");
        if (Index.Last() is null && Length > MostWithoutIndex) BuildIndex();
        var (position, latest) = Index.Last() is { } last ? (last.Position, last.LatestBefore) : (HeadSize, -1L);
        Span<byte> head = stackalloc byte[BatchHeader.Size];
        for (; position < Length; position += (int)BatchHeader.TotalLength(head))
        {
            ReadBatchHead(head, position);
            latest = Math.Max(latest, BatchHeader.MaxTimestamp(head));
        }
        Volatile.Write(ref maxTimestamp, latest);
        return latest;
    }

    /// <summary>Makes the index anew from the batches: it was lost, or never reached the disk.</summary>
    void BuildIndex()
    {
        Index.Clear();
        Span<byte> head = stackalloc byte[BatchHeader.Size];
        var latest = -1L;
        for (var position = HeadSize; position < Length;)
        {
            ReadBatchHead(head, position);
            var size = (int)BatchHeader.TotalLength(head);
            Index.See(BatchHeader.BaseOffset(head), position, size, latest);
            latest = Math.Max(latest, BatchHeader.MaxTimestamp(head));
            position += size;
        }
        Index.Save();
    }

    void ReadBatchHead(Span<byte> head, int position)
    {
        if (File.Read(head, position) < head.Length || BatchHeader.Magic(head) != 2 || BatchHeader.TotalLength(head) is < BatchHeader.Size or > int.MaxValue)
            throw Flaw(position, "there is no batch where one should begin");
    }

    internal InvalidDataException Flaw(long position, string flaw) => new($"At byte {position:N0} of {name}, {flaw}");

    /// <summary>The place of the first batch that ends at the offset or behind it, or the segment's length.</summary>
    internal int Find(long offset)
    {
        if (Remembered(offset) is > 0 and var known) return known;
        if (offset <= BaseOffset) return HeadSize;
        EnsureIndex();
        var start = Index.Before(offset);
        Span<byte> head = stackalloc byte[BatchHeader.Size];
        var position = HeadSize;
        if (start is { } hint && hint.Position < Length)
        {
            ReadBatchHead(head, hint.Position);
            // An index is a hint: what it says is checked.
            if (BatchHeader.BaseOffset(head) == hint.Offset) position = hint.Position;
        }
        for (; position < Length; position += (int)BatchHeader.TotalLength(head))
        {
            ReadBatchHead(head, position);
            if (BatchHeader.LastOffset(head) >= offset) break;
        }
        return position;
    }

    /// <summary>The place of the first batch with a record as late as that, from a position on. Null where none is.</summary>
    internal int? FindTime(long timestamp)
    {
        if (timestamp > MaxTimestamp) return null;
        EnsureIndex();
        return NextWithTime(timestamp, Index.BeforeTime(timestamp) ?? HeadSize);
    }

    internal int? NextWithTime(long timestamp, int position)
    {
        Span<byte> head = stackalloc byte[BatchHeader.Size];
        for (; position < Length; position += (int)BatchHeader.TotalLength(head))
        {
            ReadBatchHead(head, position);
            if (BatchHeader.MaxTimestamp(head) >= timestamp) return position;
        }
        return null;
    }

    void EnsureIndex()
    {
        if (HasIndex) return;
        _ = MaxTimestamp;
        if (FileId == 0) ReadHead(out _);
        _ = Index;
    }

    /// <summary>Opens the files, so that who reads can go on when they have other names or none.</summary>
    internal void OpenFiles()
    {
        _ = File;
        EnsureIndex();
        Index.OpenFile();
    }

    int Remembered(long offset)
    {
        if (Volatile.Read(ref places) is not { } all || offset < BaseOffset) return 0;
        var delta = (uint)(offset - BaseOffset);
        var place = Volatile.Read(ref all[Slot(delta)]);
        return (uint)(place >> 32) == delta && (int)place <= Length ? (int)place : 0;
    }

    static int Slot(uint delta) => (int)(delta * 2654435761u >> 29);

    /// <summary>Remembers where the batch with the offset begins, or will.</summary>
    internal void Remember(long nextOffset, int position)
    {
        if (nextOffset - BaseOffset is < 0 or > uint.MaxValue) return;
        var all = places ?? Interlocked.CompareExchange(ref places, new long[8], null) ?? places!;
        var delta = (uint)(nextOffset - BaseOffset);
        Volatile.Write(ref all[Slot(delta)], (long)delta << 32 | (uint)position);
    }
}
