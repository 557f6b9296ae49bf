using System.Buffers.Binary;
using System.Globalization;
using Millrace.Broker.Files;
using Millrace.Kafka.Records;

namespace Millrace.Broker.Logs;

/// <summary>
/// A piece of a partition's log, and the indexes of it:
/// <code>
///  0         8              16               24    28   32
///  | MILLLOG1 | first offset | durable length | crc | 0  | batch | batch | ...
/// </code>
/// Batches are Kafka's, as they were received. The durable length is what an earlier flush had certainly brought to the disk: it is
/// written before each flush and becomes durable by it. Bytes that don't hold before it are damage; behind it they
/// are what a crash kept from being written.
/// </summary>
sealed class Segment : IDisposable
{
    internal const int HeadSize = 32;
    const int IndexInterval = 4096;
    static ReadOnlySpan<byte> Magic => "MILLLOG1"u8;

    readonly DiskFile file;
    readonly OffsetIndex offsets;
    readonly TimeIndex times;
    int sinceIndexed;
    (long Offset, int Position) lastRead;

    Segment(DiskFile file, long baseOffset, OffsetIndex offsets, TimeIndex times)
    {
        (this.file, BaseOffset, this.offsets, this.times) = (file, baseOffset, offsets, times);
        NextOffset = baseOffset;
    }

    internal long BaseOffset { get; }

    /// <summary>Behind the last batch.</summary>
    internal long NextOffset { get; private set; }

    /// <summary>Bytes of the head and all batches.</summary>
    internal int Length { get; private set; } = HeadSize;

    internal long MaxTimestamp { get; private set; } = -1;

    internal long OffsetOfMaxTimestamp { get; private set; } = -1;

    /// <summary>When the first batch was appended, or -1: what rolling by time counts from.</summary>
    internal long FirstTimestamp { get; private set; } = -1;

    internal bool IsEmpty => Length == HeadSize;

    internal static string Name(long baseOffset, string end) => baseOffset.ToString("D20", CultureInfo.InvariantCulture) + end;

    internal static Segment Create(DiskFolder folder, long baseOffset)
    {
        var segment = Attach(folder, baseOffset);
        segment.file.SetLength(0);
        segment.offsets.Clear();
        segment.times.Clear();
        segment.WriteHead(HeadSize);
        return segment;
    }

    /// <summary>Opens the files without looking into them: <see cref="SegmentRecovery"/> does.</summary>
    internal static Segment Attach(DiskFolder folder, long baseOffset) => new(folder.Open(Name(baseOffset, ".log")), baseOffset,
        new OffsetIndex(folder.Open(Name(baseOffset, ".index")), baseOffset), new TimeIndex(folder.Open(Name(baseOffset, ".timeindex")), baseOffset));

    internal static void Delete(DiskFolder folder, long baseOffset)
    {
        foreach (var end in new[] { ".index", ".timeindex", ".log" }) folder.Delete(Name(baseOffset, end));
    }

    void WriteHead(int durable)
    {
        Span<byte> head = stackalloc byte[HeadSize];
        head.Clear();
        Magic.CopyTo(head);
        BinaryPrimitives.WriteInt64BigEndian(head[8..], BaseOffset);
        BinaryPrimitives.WriteInt64BigEndian(head[16..], durable);
        BinaryPrimitives.WriteUInt32BigEndian(head[24..], Crc32C.Of(head[..24]));
        file.Write(head, 0);
    }

    /// <summary>The durable length that the head names, or null where it is no head.</summary>
    internal long? ReadHead()
    {
        Span<byte> head = stackalloc byte[HeadSize];
        if (file.Read(head, 0) < HeadSize || !head.StartsWith(Magic) || BinaryPrimitives.ReadInt64BigEndian(head[8..]) != BaseOffset
            || BinaryPrimitives.ReadUInt32BigEndian(head[24..]) != Crc32C.Of(head[..24])) return null;
        return BinaryPrimitives.ReadInt64BigEndian(head[16..]);
    }

    internal long FileLength => file.Length;

    internal int Read(Span<byte> buffer, long position) => file.Read(buffer, position);

    /// <summary>Appends batches whose offsets are set. What fails leaves the segment as it was.</summary>
    internal void Append(ReadOnlySpan<byte> batches)
    {
        file.Write(batches, Length);
        Adopt(batches);
    }

    /// <summary>Takes into account batches that lie at the end of the file.</summary>
    internal void Adopt(ReadOnlySpan<byte> batches)
    {
        while (batches.Length > 0)
        {
            var length = (int)BatchHeader.TotalLength(batches);
            See(batches, length);
            batches = batches[length..];
        }
    }

    /// <summary>Takes the next batch into account, of which at least the head is given.</summary>
    internal void See(ReadOnlySpan<byte> batch, int length)
    {
        var (first, last, timestamp) = (BatchHeader.BaseOffset(batch), BatchHeader.LastOffset(batch), BatchHeader.MaxTimestamp(batch));
        if (FirstTimestamp < 0) FirstTimestamp = timestamp;
        if (timestamp > MaxTimestamp) (MaxTimestamp, OffsetOfMaxTimestamp) = (timestamp, last);
        if (sinceIndexed >= IndexInterval)
        {
            offsets.Add(first, Length);
            times.Add(MaxTimestamp, last);
            sinceIndexed = 0;
        }
        sinceIndexed += length;
        Length += length;
        NextOffset = last + 1;
    }

    internal void ForgetIndexes()
    {
        offsets.Clear();
        times.Clear();
    }

    /// <summary>A position at or before the batch that holds the offset.</summary>
    int PositionBefore(long offset)
    {
        // Who reads on finds the place where the last one ended.
        var (lastOffset, lastPosition) = lastRead;
        if (lastPosition > 0 && lastOffset == offset && lastPosition < Length) return lastPosition;
        return Math.Max(HeadSize, offsets.PositionBefore(offset));
    }

    /// <summary>The place of the first batch that ends at the offset or behind it, or the segment's length.</summary>
    internal int Find(long offset)
    {
        var position = PositionBefore(offset);
        Span<byte> head = stackalloc byte[BatchHeader.Size];
        while (position < Length)
        {
            if (file.Read(head, position) < head.Length) throw new IOException($"The segment {BaseOffset} ends within a batch.");
            if (BatchHeader.LastOffset(head) >= offset) return position;
            position += (int)BatchHeader.TotalLength(head);
        }
        return position;
    }

    internal void Remember(long nextOffset, int position) => lastRead = (nextOffset, position);

    /// <summary>The first record as late as that: its time and offset, of the batch that has it. Null where none is.</summary>
    internal int? FindTime(long timestamp)
    {
        if (timestamp > MaxTimestamp) return null;
        var position = Find(times.OffsetBefore(timestamp));
        Span<byte> head = stackalloc byte[BatchHeader.Size];
        while (position < Length)
        {
            if (file.Read(head, position) < head.Length) throw new IOException($"The segment {BaseOffset} ends within a batch.");
            if (BatchHeader.MaxTimestamp(head) >= timestamp) return position;
            position += (int)BatchHeader.TotalLength(head);
        }
        return null;
    }

    /// <summary>Cuts off what is behind a position, which is the end of a batch.</summary>
    internal void Truncate(int position)
    {
        file.SetLength(position);
        offsets.TruncateTo(position);
        times.TruncateTo(NextOffset);
    }

    /// <summary>Returns when all batches up to now are on the disk.</summary>
    /// <param name="durable">What the flush before this one had brought there.</param>
    internal void Flush(int durable)
    {
        WriteHead(durable);
        file.Flush();
    }

    internal void FlushIndexes()
    {
        offsets.Flush();
        times.Flush();
    }

    public void Dispose()
    {
        file.Dispose();
        offsets.Dispose();
        times.Dispose();
    }
}
