using Millrace.Broker.Files;

namespace Millrace.Broker.Logs;

sealed partial class PartitionLog
{
    readonly Lock compacting = new();
    // Before it, no key has an older record than its latest there.
    long cleanedTo;
    SegmentSwap? pendingSwap;

    /// <summary>
    /// Takes away the records whose keys have newer ones, if enough of the log hasn't been looked at yet. Only what a checkpoint
    /// tells of is cleaned, and nothing behind an open transaction.
    /// </summary>
    /// <returns>The bytes that became free.</returns>
    internal long Compact(long now)
    {
        lock (compacting)
        {
            Compaction compaction;
            List<Segment> clean;
            lock (gate)
            {
                if (pendingSwap is not null) FinishSwap();
                if (!Settings.IsCompacted || Damage is not null || trouble is not null) return 0;
                clean = Cleanable(now);
                if (!IsWorthIt(clean, now)) return 0;
                compaction = new(Settings, now, StartOffset, producers.LastBatches(), aborted.Between(0, long.MaxValue));
            }
            try
            {
                return Clean(compaction, clean);
            }
            catch (InvalidDataException e)
            {
                Damage ??= Spoilt(e.Message);
                return 0;
            }
            finally
            {
                compaction.Dispose();
            }
        }
    }

    List<Segment> Cleanable(long now) => [.. segments.SkipLast(1).TakeWhile(s => s.NextOffset <= Math.Min(checkpointed, stableOffset)
        && !unflushed.Contains(s) && (Settings.MinCompactionLagMs <= 0 || now - s.MaxTimestamp > Settings.MinCompactionLagMs))];

    bool IsWorthIt(List<Segment> clean, long now)
    {
        var fresh = clean.Where(s => s.NextOffset > cleanedTo).ToList();
        if (fresh.Count == 0) return false;
        return fresh.Sum(s => (double)s.Length) / clean.Sum(s => (double)s.Length) >= Settings.MinCleanableRatio || now - fresh[0].MaxTimestamp > Settings.MaxCompactionLagMs;
    }

    long Clean(Compaction compaction, List<Segment> clean)
    {
        var end = clean[0].BaseOffset;
        foreach (var segment in clean.Where(s => s.NextOffset > cleanedTo))
        {
            if (!compaction.TryLearn(segment)) break;
            end = segment.NextOffset;
        }
        var free = 0L;
        foreach (var group in Groups(clean.TakeWhile(s => s.NextOffset <= end)))
        {
            var swap = new SegmentSwap(group[0].BaseOffset, group[^1].NextOffset, [.. group.Select(s => s.BaseOffset)]);
            var length = compaction.Write(group, folder, swap.CleanedName, LogId);
            lock (gate)
            {
                // Retention was faster.
                if (Damage is not null || !group.All(segments.Contains)) return free;
                foreach (var segment in group) segment.OpenFiles();
                aborted.Drop(a => compaction.IsWithoutMarker(a));
                swap.Commit(folder);
                pendingSwap = swap;
                FinishSwap();
            }
            free += group.Sum(s => (long)s.Length) - length;
        }
        lock (gate)
        {
            cleanedTo = Math.Max(cleanedTo, end);
            hasChanged = true;
        }
        return free;
    }

    void FinishSwap()
    {
        var swap = pendingSwap!.Value;
        swap.Finish(folder);
        pendingSwap = null;
        var name = Segment.Name(swap.BaseOffset, Segment.LogEnd);
        var cleaned = Segment.Attach(folder, swap.BaseOffset, swap.NextOffset, folder.Files().First(f => f.Name == name).Length);
        var (before, old) = (segments, segments.Where(s => swap.Old.Contains(s.BaseOffset)).ToList());
        Volatile.Write(ref segments, [.. before.TakeWhile(s => s.BaseOffset < swap.BaseOffset), cleaned, .. before.SkipWhile(s => s.BaseOffset < swap.NextOffset)]);
        foreach (var segment in old) segment.Retire();
    }

    /// <summary>Neighbours that together are no larger than a segment become one.</summary>
    List<List<Segment>> Groups(IEnumerable<Segment> clean)
    {
        List<List<Segment>> groups = [];
        var size = 0L;
        foreach (var segment in clean)
        {
            size += segment.Length;
            if (groups.Count > 0 && size <= Settings.SegmentBytes && segment.NextOffset - groups[^1][0].BaseOffset < uint.MaxValue) groups[^1].Add(segment);
            else (size, groups) = (segment.Length, [.. groups, [segment]]);
        }
        return groups;
    }
}
