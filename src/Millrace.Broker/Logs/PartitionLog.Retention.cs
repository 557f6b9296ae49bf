using System.Globalization;
using System.Text;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Logs;

sealed partial class PartitionLog
{
    /// <summary>Deletes the segments that the topic's settings no longer keep. Only whole ones go, and never what consumers can't see yet.</summary>
    internal int Retain(long now)
    {
        if (!Settings.IsDeleted || Damage is not null) return 0;
        lock (gate)
        {
            if (!Active.IsEmpty && IsTooOld(Active, now)) Roll();
            var (count, bytes) = (0, Bytes);
            foreach (var segment in segments.SkipLast(1))
            {
                var isTooLarge = Settings.RetentionBytes >= 0 && bytes - (segment.Length - Segment.HeadSize) >= Settings.RetentionBytes;
                if ((!isTooLarge && !IsTooOld(segment, now)) || segment.NextOffset > highWatermark) break;
                bytes -= segment.Length - Segment.HeadSize;
                count++;
            }
            if (count > 0) MoveStart(segments[count].BaseOffset);
            return count;
        }
    }

    bool IsTooOld(Segment segment, long now) => Settings.RetentionMs >= 0 && segment.MaxTimestamp >= 0 && now - segment.MaxTimestamp > Settings.RetentionMs;

    /// <summary>Takes away what is before an offset. -1 stands for all that can be seen.</summary>
    internal ErrorCode DeleteBefore(long offset)
    {
        lock (gate)
        {
            if (offset == -1) offset = highWatermark;
            if (offset < 0 || offset > highWatermark) return ErrorCode.OffsetOutOfRange;
            if (offset > StartOffset) MoveStart(offset);
            return ErrorCode.None;
        }
    }

    void MoveStart(long offset)
    {
        // First the word, then the deed: a crash in between leaves files that the next start deletes.
        folder.Replace("start-offset", Encoding.ASCII.GetBytes(offset.ToString(CultureInfo.InvariantCulture)));
        StartOffset = offset;
        if (Active.NextOffset <= offset && !Active.IsEmpty) Roll();
        var gone = segments.SkipLast(1).TakeWhile(s => s.NextOffset <= offset).ToList();
        segments = segments[gone.Count..];
        foreach (var segment in gone)
        {
            segment.Dispose();
            Segment.Delete(folder, segment.BaseOffset);
        }
        aborted.DropBefore(offset);
        epochs.DropBefore(offset);
    }

    internal void ExpireProducers(long before)
    {
        lock (gate) producers.Expire(before);
    }

    /// <summary>Leaves the log so that the next start has nothing to look for.</summary>
    internal void CloseCleanly()
    {
        if (Damage is not null) return;
        lock (gate)
        {
            Active.Flush(durable);
            Active.FlushIndexes();
            aborted.Flush();
            ProducerSnapshot.Write(folder, EndOffset, producers);
        }
    }
}
