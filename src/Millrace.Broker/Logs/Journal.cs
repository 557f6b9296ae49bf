using System.Buffers.Binary;
using Millrace.Broker.Files;
using Millrace.Kafka.Records;

namespace Millrace.Broker.Logs;

/// <summary>
/// Where appends to many partitions become durable by one flush. What it holds is in the page cache of the segments, too; a
/// checkpoint flushes those, and then the journal is written from its beginning again. There are two files, in turn: one is
/// written while a checkpoint makes the other one needless.
/// <code>
///  | MILJ | length, 4 | number of the journal, 8 | log id, 8 | durable, 8 | crc, 4 | batches of one log | ...
/// </code>
/// Groups begin at multiples of 4,096 bytes, so that the page of an acknowledged one isn't written again. "Durable" says up
/// to where the file had been flushed before.
/// </summary>
sealed class Journal : IDisposable
{
    internal const int HeadSize = 36;
    const int Page = 4096, SpillAt = 1 << 20;

    readonly DiskFolder folder;
    readonly Lock gate = new();
    DiskFile? file;
    byte[] buffer = [];
    int buffered;
    long written;
    long flushed;
    long mistrustedEnd;
    bool isBroken;
    // Whether the file's name is on the disk for sure.
    bool isNamed;

    Journal(DiskFolder folder, long number, long done) => (this.folder, Number, Done) = (folder, number, done);

    internal static ReadOnlySpan<byte> Magic => "MILJ"u8;

    /// <summary>The number of the journal that is being written.</summary>
    internal long Number { get; private set; }

    /// <summary>Journals up to that one are needed no more.</summary>
    internal long Done { get; private set; }

    internal long Flushes { get; private set; }

    /// <summary>Where the next group begins.</summary>
    internal long End { get; private set; }

    /// <summary>Whether the file of this journal holds nothing of an older one that is still needed.</summary>
    internal bool IsUsable => Number - 2 <= Done;

    internal static string FileName(long number) => $"journal-{number & 1}";

    internal static Journal Open(DiskFolder folder, long done, JournalPieces found) => new(folder, Math.Max(found.LastNumber, done) + 1, done);

    /// <summary>Writes the tails of segments, and returns when they are on the disk.</summary>
    internal void Write(IEnumerable<SegmentTail> tails)
    {
        lock (gate)
        {
            try
            {
                Heal();
                foreach (var tail in tails) Add(tail);
                Commit();
            }
            catch
            {
                isBroken |= written > 0;
                mistrustedEnd = Math.Max(mistrustedEnd, End + written);
                (buffered, written) = (0, 0);
                throw;
            }
        }
    }

    void Add(SegmentTail tail)
    {
        var count = tail.To - tail.From;
        if (count == 0) return;
        var size = HeadSize + count;
        if (buffer.Length - buffered < size) Array.Resize(ref buffer, Math.Max(buffered + size, Math.Max(64 * 1024, buffer.Length * 2)));
        var record = buffer.AsSpan(buffered, size);
        if (tail.Segment.Read(record[HeadSize..], tail.From) < count) throw new IOException(tail.Segment.Flaw(tail.From, "bytes are missing that were just written").Message);
        Magic.CopyTo(record);
        BinaryPrimitives.WriteInt32BigEndian(record[4..], count);
        BinaryPrimitives.WriteInt64BigEndian(record[8..], Number);
        BinaryPrimitives.WriteInt64BigEndian(record[16..], tail.Segment.LogId);
        BinaryPrimitives.WriteInt64BigEndian(record[24..], flushed);
        BinaryPrimitives.WriteUInt32BigEndian(record[32..], Crc(record));
        buffered += size;
        if (buffered >= SpillAt) Spill();
    }

    internal static uint Crc(ReadOnlySpan<byte> record) => ~Crc32C.Continue(Crc32C.Continue(uint.MaxValue, record[..32]), record[HeadSize..]);

    void Spill()
    {
        file ??= folder.Open(FileName(Number));
        if (!isNamed) folder.Flush();
        isNamed = true;
        var at = End + written;
        written += buffered;
        file.Write(buffer.AsSpan(0, buffered), at);
        buffered = 0;
    }

    void Commit()
    {
        if (buffered > 0) Spill();
        if (written == 0) return;
        file!.Flush();
        Flushes++;
        flushed = End + written;
        End = (flushed + Page - 1) / Page * Page;
        written = 0;
        // A buffer that one large group needed isn't kept.
        if (buffer.Length > 2 * SpillAt) buffer = [];
    }

    /// <summary>After a write or flush that failed, takes away what may or may not be on the disk.</summary>
    internal void Heal()
    {
        lock (gate)
        {
            if (!isBroken) return;
            // Zeros first: what a failed flush did to the length is anyone's guess, and pages written anew are sure to go.
            var zeros = new byte[Math.Min(mistrustedEnd, file!.Length) - End is > 0 and var count ? Math.Min(count, SpillAt) : 0];
            for (var at = End; at < Math.Min(mistrustedEnd, file.Length); at += zeros.Length) file.Write(zeros.AsSpan(0, (int)Math.Min(zeros.Length, file.Length - at)), at);
            file.Flush();
            (isBroken, mistrustedEnd) = (false, 0);
        }
    }

    /// <summary>Begins the next journal. Returns the number of the one that ended, which is done when all segments are flushed.</summary>
    internal long Switch()
    {
        lock (gate)
        {
            Heal();
            // One that waits for its file stays.
            if (!IsUsable || End == 0) return Number - 1;
            file?.Dispose();
            (file, isNamed) = (null, false);
            (End, flushed) = (0, 0);
            return Number++;
        }
    }

    /// <summary>Is told that a checkpoint is on the disk.</summary>
    internal void Finish(long number)
    {
        lock (gate) Done = Math.Max(Done, number);
    }

    public void Dispose() => file?.Dispose();
}

/// <summary>What was appended to a segment and isn't on the disk yet, and the offset behind it.</summary>
readonly record struct SegmentTail(Segment Segment, int From, int To, long EndOffset);
