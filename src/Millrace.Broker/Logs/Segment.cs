using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Millrace.Broker.Files;
using Millrace.Kafka.Records;

namespace Millrace.Broker.Logs;

/// <summary>
/// A piece of a partition's log:
/// <code>
///  0          8              16               24           32       40     44    48
///  | MILLLOG1 | first offset | durable length | end offset | log id | file | crc | batch | batch | ...
/// </code>
/// Batches are Kafka's, as they were received. The durable length is what certainly is on the disk: it's written behind the
/// flush that brought it there. Bytes that don't hold before it are damage; behind it they may be what a crash kept from
/// being written. The end offset is -1 until nothing is appended any more and all is on the disk. The file's number is a random one, which ties its index to it.
/// </summary>
sealed partial class Segment
{
    internal const int HeadSize = 48;
    internal const string LogEnd = ".log", IndexEnd = ".index";
    static ReadOnlySpan<byte> Magic => "MILLLOG1"u8;

    readonly DiskFolder folder;
    readonly string name;
    readonly Lock opening = new();
    DiskFile? file;
    SegmentIndex? index;
    int length;
    // The log that it's part of, and each reader for the time of a read.
    int users = 1;
    bool isRetired;
    bool isNew;
    int trustedEntries;
    long endOffset = -1;
    int failedWrites;
    int flushedFailures;
    bool mustCut;

    Segment(DiskFolder folder, string name, long baseOffset)
    {
        (this.folder, this.name, BaseOffset) = (folder, name, baseOffset);
        NextOffset = baseOffset;
    }

    internal long BaseOffset { get; }

    /// <summary>Behind the last batch.</summary>
    internal long NextOffset { get; private set; }

    /// <summary>Bytes of the head and all batches.</summary>
    internal int Length => Volatile.Read(ref length);

    /// <summary>Bytes that a flush brought to the disk.</summary>
    internal int FlushedLength { get; private set; }

    internal bool IsFlushed => FlushedLength == Length;

    /// <summary>Whether nothing is appended any more and all is on the disk.</summary>
    internal bool IsFinished => endOffset >= 0;

    internal bool IsEmpty => Length == HeadSize;

    /// <summary>The time of the first batch, or -1: what rolling by the records' times counts from.</summary>
    internal long FirstTimestamp { get; private set; } = -1;

    /// <summary>When the first batch was appended by the broker's clock, or -1.</summary>
    internal long Since { get; set; } = -1;

    /// <summary>Entries of the index that are in its file.</summary>
    internal int SavedIndexEntries => index?.SavedCount ?? trustedEntries;

    internal long LogId { get; private set; }

    /// <summary>Tells this file from others that had its name.</summary>
    internal uint FileId { get; private set; }

    internal static string Name(long baseOffset, string end) => baseOffset.ToString("D20", CultureInfo.InvariantCulture) + end;

    internal static Segment Create(DiskFolder folder, long baseOffset, long logId)
    {
        var segment = new Segment(folder, Name(baseOffset, LogEnd), baseOffset)
        {
            LogId = logId,
            FileId = NewFileId(),
            isNew = true,
            length = HeadSize,
            maxTimestamp = -1,
        };
        try
        {
            segment.File.SetLength(0);
            WriteHead(segment.File, baseOffset, HeadSize, -1, logId, segment.FileId);
            return segment;
        }
        catch
        {
            segment.Retire();
            throw;
        }
    }

    /// <summary>A segment of which nothing is looked at yet, as long as its file and up to the next one.</summary>
    internal static Segment Attach(DiskFolder folder, long baseOffset, long nextOffset, long length) =>
        new(folder, Name(baseOffset, LogEnd), baseOffset) { NextOffset = nextOffset, length = (int)Math.Min(length, int.MaxValue), FlushedLength = (int)Math.Min(length, int.MaxValue), maxTimestamp = Unknown };

    internal static void Delete(DiskFolder folder, long baseOffset)
    {
        folder.Delete(Name(baseOffset, IndexEnd));
        folder.Delete(Name(baseOffset, LogEnd));
    }

    DiskFile File
    {
        get
        {
            if (Volatile.Read(ref file) is { } open) return open;
            // One that was deleted meanwhile isn't made again.
            lock (opening) return file ??= folder.Open(name, mustExist: !isNew);
        }
    }

    internal static uint NewFileId() => BinaryPrimitives.ReadUInt32LittleEndian(RandomNumberGenerator.GetBytes(4)) | 1;

    internal static void WriteHead(DiskFile file, long baseOffset, long durable, long endOffset, long logId, uint fileId)
    {
        Span<byte> head = stackalloc byte[HeadSize];
        Magic.CopyTo(head);
        BinaryPrimitives.WriteInt64BigEndian(head[8..], baseOffset);
        BinaryPrimitives.WriteInt64BigEndian(head[16..], durable);
        BinaryPrimitives.WriteInt64BigEndian(head[24..], endOffset);
        BinaryPrimitives.WriteInt64BigEndian(head[32..], logId);
        BinaryPrimitives.WriteUInt32BigEndian(head[40..], fileId);
        BinaryPrimitives.WriteUInt32BigEndian(head[44..], Crc32C.Of(head[..44]));
        file.Write(head, 0);
    }

    /// <summary>Reads the head, and returns the durable length that it names.</summary>
    internal SegmentHead ReadHead(out long durable)
    {
        durable = 0;
        Span<byte> head = stackalloc byte[HeadSize];
        var read = File.Read(head, 0);
        // The size of a file may reach the disk before its first bytes do.
        if (read < HeadSize || head.IndexOfAnyExcept((byte)0) < 0) return SegmentHead.Missing;
        if (!head.StartsWith(Magic) || BinaryPrimitives.ReadInt64BigEndian(head[8..]) != BaseOffset
            || BinaryPrimitives.ReadUInt32BigEndian(head[44..]) != Crc32C.Of(head[..44])) return SegmentHead.Broken;
        durable = BinaryPrimitives.ReadInt64BigEndian(head[16..]);
        endOffset = BinaryPrimitives.ReadInt64BigEndian(head[24..]);
        LogId = BinaryPrimitives.ReadInt64BigEndian(head[32..]);
        FileId = BinaryPrimitives.ReadUInt32BigEndian(head[40..]);
        return SegmentHead.Whole;
    }

    internal long FileLength => File.Length;

    internal int Read(Span<byte> buffer, long position) => File.Read(buffer, position);

    /// <summary>Takes a checkpoint's word for what the segment is, up to the position that it names.</summary>
    internal void Trust(LogState state)
    {
        (LogId, FileId, NextOffset, FirstTimestamp, Since, maxTimestamp) = (state.LogId, state.FileId, state.NextOffset, state.FirstTimestamp, state.Since, state.MaxTimestamp);
        (length, FlushedLength, trustedEntries) = (state.Position, state.Position, state.IndexEntries);
    }

    /// <summary>Begins a look at the batches behind what is trusted: each is then told of by <see cref="See"/>.</summary>
    internal void Rewind(LogState? trusted)
    {
        if (trusted is not null) Trust(trusted);
        else (NextOffset, FirstTimestamp, maxTimestamp, length, FlushedLength) = (BaseOffset, -1, -1, HeadSize, 0);
        Index.Restore(trusted?.IndexEntries ?? 0);
    }

    /// <summary>Appends batches whose offsets are set. What fails leaves the segment as it was.</summary>
    internal void Append(ReadOnlySpan<byte> batches)
    {
        CutFailedWrite();
        try
        {
            File.Write(batches, Length);
        }
        catch
        {
            failedWrites++;
            mustCut = true;
            throw;
        }
        while (batches.Length > 0)
        {
            var size = (int)BatchHeader.TotalLength(batches);
            See(batches, size);
            batches = batches[size..];
        }
    }

    /// <summary>Takes the next batch into account, of which at least the head is given.</summary>
    internal void See(ReadOnlySpan<byte> batch, int size)
    {
        var latest = BatchHeader.MaxTimestamp(batch);
        if (FirstTimestamp < 0) FirstTimestamp = latest;
        Index.See(BatchHeader.BaseOffset(batch), length, size, maxTimestamp);
        if (latest > maxTimestamp) Volatile.Write(ref maxTimestamp, latest);
        NextOffset = BatchHeader.LastOffset(batch) + 1;
        Volatile.Write(ref length, length + size);
    }

    /// <summary>Ends the segment where the next one begins: what compaction took away has no batch that says so.</summary>
    internal void EndAt(long nextOffset) => NextOffset = nextOffset;

    /// <summary>Whether a write failed since the last flush: only a flush makes sure that nothing is left of it.</summary>
    internal bool HasFailedWrite => failedWrites != flushedFailures;

    /// <summary>Cuts off what a write that failed may have left behind the last batch.</summary>
    internal void CutFailedWrite()
    {
        if (!mustCut) return;
        CutTail();
        mustCut = false;
    }

    /// <summary>Cuts off what is behind the last batch.</summary>
    internal void CutTail() => File.SetLength(Length);

    /// <summary>
    /// Cuts off, on the disk too, what no flush brought there. Zeros come first: a failed flush may have brought some of it
    /// there and not the rest, and forgotten about a cut.
    /// </summary>
    internal void CutToFlushed()
    {
        using var again = folder.Open(name, mustExist: true);
        var zeros = new byte[1 << 16];
        for (var at = FlushedLength; at < Length; at += zeros.Length) again.Write(zeros.AsSpan(0, Math.Min(zeros.Length, Length - at)), at);
        again.SetLength(Math.Max(FlushedLength, HeadSize));
        again.Flush();
    }

    /// <summary>Is told by recovery what the head says.</summary>
    internal void KnowFlushed(long durable) => FlushedLength = (int)Math.Min(Math.Max(durable, FlushedLength), Length);

    /// <summary>Writes once more what no flush brought to the disk.</summary>
    internal void Rewrite(Span<byte> buffer)
    {
        for (long at = FlushedLength, end = Length; at < end;)
        {
            var part = buffer[..(int)Math.Min(buffer.Length, end - at)];
            part = part[..File.Read(part, at)];
            if (part.Length == 0) return;
            File.Write(part, at);
            at += part.Length;
        }
    }

    /// <summary>Returns when all batches up to a length are on the disk.</summary>
    internal void Flush(int upTo)
    {
        var failures = mustCut ? flushedFailures : failedWrites;
        File.Flush();
        flushedFailures = failures;
        FlushedLength = Math.Max(FlushedLength, upTo);
        WriteHead(File, BaseOffset, FlushedLength, endOffset, LogId, FileId);
    }

    /// <summary>Flushes a segment that nothing is appended to any more, and the word of it: what follows in the next one counts on that.</summary>
    internal void FlushForGood()
    {
        if (File.Length != Length) CutTail();
        File.Flush();
        endOffset = NextOffset;
        FlushedLength = Length;
        WriteHead(File, BaseOffset, Length, endOffset, LogId, FileId);
        File.Flush();
    }

    /// <summary>Takes back that the segment has ended: the next one never reached the disk.</summary>
    internal void GoOn()
    {
        endOffset = -1;
        WriteHead(File, BaseOffset, FlushedLength, endOffset, LogId, FileId);
        File.Flush();
    }

    /// <summary>Keeps the segment's files open until <see cref="Exit"/>. False if it was given up.</summary>
    internal bool TryEnter()
    {
        var now = Volatile.Read(ref users);
        while (now > 0)
        {
            var seen = Interlocked.CompareExchange(ref users, now + 1, now);
            if (seen == now) return true;
            now = seen;
        }
        return false;
    }

    internal void Exit()
    {
        if (Interlocked.Decrement(ref users) > 0) return;
        file?.Dispose();
        index?.Dispose();
    }

    /// <summary>Closes the files when the last reader has left.</summary>
    internal void Retire()
    {
        if (!Interlocked.Exchange(ref isRetired, true)) Exit();
    }

    /// <summary>Closes the files, and returns when nobody reads them any more.</summary>
    internal void RetireAndWait()
    {
        Retire();
        var spin = default(SpinWait);
        while (Volatile.Read(ref users) > 0) spin.SpinOnce();
    }
}

enum SegmentHead { Whole, Missing, Broken }
