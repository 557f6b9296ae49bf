using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Millrace.Broker.Files;
using Millrace.Kafka.Records;

namespace Millrace.Broker.Logs;

sealed partial class PartitionLog
{
    const string StartFile = "start-offset";

    /// <summary>Opens a log, made where there is none, and brings it back to where the last process left it.</summary>
    internal static PartitionLog Open(LogFolder logs, DiskFolder folder, string path, TopicSettings settings)
    {
        var log = new PartitionLog(logs, folder, path, settings);
        try
        {
            lock (log.gate) log.Recover();
            return log;
        }
        catch
        {
            // Nobody else knows of its files.
            log.Close();
            throw;
        }
    }

    void Recover()
    {
        unflushed.Clear();
        journaledLength = 0;
        SegmentSwap.FinishAll(folder);
        pendingSwap = null;
        var files = folder.Files().ToDictionary(f => f.Name, f => f.Length);
        var (checkpoint, pieces) = logs.Known();
        var all = Attach(files);
        if (all.Count == 0)
        {
            Begin(files);
            return;
        }
        var state = checkpoint?.StateOf(Path, producers);
        try
        {
            var first = FirstToRead(all, ref state, files.ContainsKey(AbortedTransactions.FileName));
            epochs.Restore(state?.Epochs ?? []);
            cleanedTo = state?.CleanedTo ?? 0;
            Damage = ReadSegments(all, first, state);
            foreach (var segment in all.Skip(first).SkipLast(1).Where(s => !s.IsFinished)) unflushed.Add(segment);
        }
        catch
        {
            foreach (var segment in all) segment.Retire();
            throw;
        }
        Volatile.Write(ref segments, [.. all]);
        LogId = Active.LogId;
        if (Damage is null && Active.IsFinished) Active.GoOn();
        if (Damage is null && pieces is not null) Damage = Replay(pieces);
        if (Damage is null && !Active.IsEmpty && Active.Since < 0) Active.Since = logs.Now;
        hasChanged |= state is null || !Active.IsFlushed || EndOffset != state.NextOffset;
        checkpointed = state?.NextOffset ?? 0;
        // Segments that came since the checkpoint may have names in the page cache only.
        isFolderFlushed &= state is not null && Active.BaseOffset == state.SegmentBase;
        // Consumers see all of it from now on, so it must be there after a loss of power, too.
        if (Damage is null && logs.WaitsForDisk) FlushInPlace();
        Volatile.Write(ref startOffset, Math.Max(StartOffset, segments[0].BaseOffset));
        epochs.DropBefore(StartOffset);
        if (Damage is null) Sweep();
        MakeVisible(EndOffset);
    }

    /// <summary>The segments that are there.</summary>
    List<Segment> Attach(Dictionary<string, long> files)
    {
        var bases = files.Keys.Where(n => n.EndsWith(Segment.LogEnd, StringComparison.Ordinal))
            .Select(n => long.Parse(n.AsSpan(0, n.Length - Segment.LogEnd.Length), CultureInfo.InvariantCulture)).Order().ToList();
        startOffset = files.ContainsKey(StartFile) ? ReadStart() : 0;
        return [.. bases.Select((b, i) => Segment.Attach(folder, b, i + 1 < bases.Count ? bases[i + 1] : b, files[Segment.Name(b, Segment.LogEnd)]))];
    }

    long ReadStart()
    {
        var text = Encoding.ASCII.GetString(folder.ReadAll(StartFile) ?? []);
        if (text.Split(' ') is [var offset, var crc] && crc == Crc(offset) && long.TryParse(offset, CultureInfo.InvariantCulture, out var start)) return start;
        Damage = Spoilt($"The file '{StartFile}' doesn't hold");
        return 0;
    }

    static string Crc(string offset) => Crc32C.Of(Encoding.ASCII.GetBytes(offset)).ToString("x8", CultureInfo.InvariantCulture);

    /// <summary>A log that never was, or that a crash kept from being.</summary>
    void Begin(Dictionary<string, long> files)
    {
        producers.Clear();
        epochs.Restore([]);
        aborted.Clear(files.ContainsKey(AbortedTransactions.FileName));
        LogId = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8));
        Volatile.Write(ref segments, [Segment.Create(folder, startOffset, LogId)]);
        // Its name and id come before all that the journal may say of it.
        isFolderFlushed = false;
        if (logs.WaitsForDisk) FlushInPlace();
        MakeVisible(EndOffset);
    }

    /// <summary>The number of the first segment that must be read. A checkpoint that tells of another log is forgotten.</summary>
    int FirstToRead(List<Segment> all, ref LogState? state, bool hasAborted)
    {
        if (state is { } known)
        {
            var index = all.FindIndex(s => s.BaseOffset == known.SegmentBase);
            var isKnown = index >= 0 ? all[index].ReadHead(out _) == SegmentHead.Whole && all[index].FileId == known.FileId
                // All that it tells of is deleted, and what it says of producers holds.
                : all[0].BaseOffset > known.SegmentBase && all[0].ReadHead(out _) == SegmentHead.Whole;
            isKnown = isKnown && all[Math.Max(index, 0)].LogId == known.LogId;
            if (isKnown && aborted.Load(hasAborted, known.NextOffset)) return Math.Max(index, 0);
        }
        state = null;
        producers.Clear();
        aborted.Clear(hasAborted);
        return 0;
    }

    /// <summary>Reads what no checkpoint tells of, and cuts off what a crash tore. Returns what is damaged, or null.</summary>
    string? ReadSegments(List<Segment> all, int first, LogState? state)
    {
        if (Damage is not null) return Damage;
        for (var i = first; i < all.Count; i++)
        {
            var segment = all[i];
            var trusted = state is { } known && known.SegmentBase == segment.BaseOffset ? known : null;
            if (trusted is not null && i == all.Count - 1 && segment.Length == trusted.Position)
            {
                segment.Trust(trusted);
                return null;
            }
            var report = SegmentRecovery.Recover(segment, trusted, batch =>
            {
                if (state is null || BatchHeader.BaseOffset(batch) >= state.NextOffset) SeeBatch(batch);
            });
            if (report.Flaw is not null) return Spoilt(report.Flaw);
            Repaired += report.Cut;
            if (report.Cut > 0)
            {
                segment.CutTail();
                // What is appended there may reach the disk in the journal only, and must not meet old bytes after a crash.
                if (logs.WaitsForDisk) segment.Flush(segment.Length);
            }
            // One that was begun on a full disk, and wasn't needed when there was room again.
            while (!report.IsTorn && i + 1 < all.Count && all[i + 1].BaseOffset < segment.NextOffset && all[i + 1].Length <= Segment.HeadSize)
            {
                all[i + 1].Retire();
                Segment.Delete(folder, all[i + 1].BaseOffset);
                all.RemoveAt(i + 1);
            }
            var isLast = i == all.Count - 1;
            if (!isLast && all[i + 1].BaseOffset < segment.NextOffset && !report.IsTorn)
                return Spoilt($"The segment {segment.BaseOffset} ends with the offset {segment.NextOffset - 1}, and the next one begins with {all[i + 1].BaseOffset}");
            if (!report.IsTorn && (isLast || segment.IsFinished || segment.NextOffset == all[i + 1].BaseOffset))
            {
                if (!isLast) segment.EndAt(all[i + 1].BaseOffset);
                continue;
            }
            // Nobody was told of what is behind it: an acknowledgement waits for all segments before.
            for (; all.Count > i + 1; all.RemoveAt(all.Count - 1))
            {
                Repaired += all[^1].Length;
                all[^1].Retire();
                Segment.Delete(folder, all[^1].BaseOffset);
            }
            if (report.IsMissing)
            {
                segment.Retire();
                all[i] = Segment.Create(folder, segment.BaseOffset, i > 0 ? all[i - 1].LogId : BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8)));
            }
            isFolderFlushed = false;
        }
        return null;
    }

    /// <summary>Appends what the journal holds and the segments lack.</summary>
    string? Replay(JournalPieces pieces)
    {
        foreach (var batches in pieces.Of(LogId))
        {
            for (var rest = batches.AsSpan(); rest.Length > 0;)
            {
                var batch = rest[..(int)BatchHeader.TotalLength(rest)];
                rest = rest[batch.Length..];
                if (BatchHeader.BaseOffset(batch) < EndOffset) continue;
                if (BatchHeader.BaseOffset(batch) > EndOffset) return Spoilt($"Its segments end with the offset {EndOffset - 1}, and the journal goes on with {BatchHeader.BaseOffset(batch)}");
                Keep(batch, BatchHeader.LastOffset(batch) + 1, BatchHeader.MaxTimestamp(batch), logs.Now);
            }
        }
        return null;
    }

    /// <summary>Brings all to the disk while the log isn't used yet.</summary>
    void FlushInPlace()
    {
        // The last process may have been killed after a flush that failed: what it wrote can be read, and no flush would write it.
        if (unflushed.Count > 0 || !Active.IsFlushed) Rewrite();
        foreach (var segment in unflushed) segment.FlushForGood();
        if (!isFolderFlushed) folder.Flush();
        if (!Active.IsFlushed) Active.Flush(Active.Length);
        unflushed.Clear();
        isFolderFlushed = true;
    }
}
