using System.Globalization;
using System.Text;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Logs;

sealed partial class PartitionLog
{
    /// <summary>
    /// Begins a new segment where the last one has become too old, and deletes the segments that the topic's settings no longer
    /// keep. Only whole ones go, and never what consumers can't see yet.
    /// </summary>
    internal int Retain(long now)
    {
        lock (gate)
        {
            if (Damage is not null || trouble is not null) return 0;
            if (!Active.IsEmpty && IsIdleTooLong(now)) Roll();
            Sweep();
            if (!Settings.IsDeleted) return 0;
            var (count, bytes, start) = (0, Bytes, StartOffset);
            foreach (var segment in segments.SkipLast(1).SkipWhile(s => s.NextOffset <= start))
            {
                var isTooLarge = Settings.RetentionBytes >= 0 && bytes - (segment.Length - Segment.HeadSize) >= Settings.RetentionBytes;
                if ((!isTooLarge && !IsTooOld(segment, now)) || segment.NextOffset > highWatermark) break;
                bytes -= segment.Length - Segment.HeadSize;
                start = segment.NextOffset;
                count++;
            }
            if (count > 0) MoveStart(start);
            return count;
        }
    }

    bool IsIdleTooLong(long now) => now - Active.Since > Settings.SegmentMs
        || (Settings.IsDeleted && IsTooOld(Active, now))
        || (Settings.IsCompacted && now - Active.Since > Settings.MaxCompactionLagMs);

    // Of an empty one nothing is left to be kept: compaction took it all.
    bool IsTooOld(Segment segment, long now) => segment.IsEmpty || Settings.RetentionMs >= 0 && segment.MaxTimestamp >= 0 && now - segment.MaxTimestamp > Settings.RetentionMs;

    /// <summary>Takes away what is before an offset. -1 stands for all that can be seen.</summary>
    internal ErrorCode DeleteBefore(long offset)
    {
        lock (gate)
        {
            if (Damage is not null) return ErrorCode.KafkaStorageError;
            if (offset == -1) offset = highWatermark;
            if (offset < 0 || offset > highWatermark) return ErrorCode.OffsetOutOfRange;
            try
            {
                if (offset > StartOffset) MoveStart(offset);
                return ErrorCode.None;
            }
            catch (IOException)
            {
                return ErrorCode.KafkaStorageError;
            }
        }
    }

    void MoveStart(long offset)
    {
        // First the word, then the deed: a crash in between leaves files that the next start deletes.
        var text = offset.ToString(CultureInfo.InvariantCulture);
        folder.Replace(StartFile, Encoding.ASCII.GetBytes($"{text} {Crc(text)}"));
        Volatile.Write(ref startOffset, offset);
        if (Active.NextOffset <= offset && !Active.IsEmpty) Roll();
        Sweep();
        aborted.DropBefore(offset);
        epochs.DropBefore(offset);
        hasChanged = true;
    }

    /// <summary>
    /// Deletes the files of segments that nobody may read any more. What no checkpoint tells of waits for one: the sequences of
    /// producers are known by it.
    /// </summary>
    void Sweep()
    {
        var gone = segments.SkipLast(1).TakeWhile(s => s.NextOffset <= StartOffset && s.NextOffset <= checkpointed).ToList();
        if (gone.Count == 0) return;
        Volatile.Write(ref segments, segments[gone.Count..]);
        foreach (var segment in gone)
        {
            unflushed.Remove(segment);
            segment.Retire();
            Segment.Delete(folder, segment.BaseOffset);
        }
    }
}
