namespace Millrace.Broker.Logs;

sealed partial class PartitionLog
{
    const int MostJournaled = 256 * 1024;

    // Segments that nothing is appended to any more and that no flush brought to the disk yet.
    readonly List<Segment> unflushed = [];
    bool isFolderFlushed = true;
    int journaledLength;
    // Why nothing can be appended until the log was brought back to what is durable, or null.
    string? trouble;
    volatile int life;

    /// <summary>Goes up when what wasn't durable was taken back: an append of an earlier life may not be there any more, whatever later flushes say.</summary>
    internal int Life => life;

    /// <summary>What the journal is to hold so that all that was appended is durable. Null where the log is better flushed itself.</summary>
    internal SegmentTail? Tail()
    {
        lock (gate)
        {
            if (Damage is not null || trouble is not null || unflushed.Count > 0 || !isFolderFlushed || Active.HasFailedWrite) return null;
            var from = Math.Max(journaledLength, Active.FlushedLength);
            // Kept open until the journal has read it.
            return Active.Length - from > MostJournaled || !Active.TryEnter() ? null : new(Active, from, Active.Length, EndOffset);
        }
    }

    /// <summary>Is told that the journal holds the tail.</summary>
    internal IOException? Journaled(SegmentTail tail)
    {
        lock (gate)
        {
            if (trouble is not null || Damage is not null) return new IOException(trouble ?? Damage);
            if (!segments.Contains(tail.Segment)) return new IOException(DiskRefused("A flush failed meanwhile."));
            if (tail.Segment == Active) journaledLength = Math.Max(journaledLength, tail.To);
            MakeVisible(tail.EndOffset);
        }
        Advanced?.Invoke();
        return null;
    }

    /// <summary>Returns when all that was appended before is on the disk. The result is how often a file was flushed for that.</summary>
    internal int Flush()
    {
        var flushes = FlushAll();
        Advanced?.Invoke();
        return flushes;
    }

    int FlushAll()
    {
        lock (flushing)
        {
            Segment[] closed;
            Segment active;
            int length;
            long end;
            bool withFolder;
            lock (gate)
            {
                if (Damage is not null || trouble is not null) throw new IOException(Damage ?? trouble);
                (closed, active, length, end, withFolder) = ([.. unflushed], Active, Active.Length, EndOffset, !isFolderFlushed);
            }
            try
            {
                // One after the other: what is in a later segment counts only when the earlier ones are whole.
                foreach (var segment in closed) segment.FlushForGood();
                if (withFolder) folder.Flush();
                if (active.FlushedLength < length || active.HasFailedWrite) active.Flush(length);
            }
            catch (IOException e)
            {
                Mistrust(e);
                throw new IOException(trouble, e);
            }
            lock (gate)
            {
                unflushed.RemoveAll(closed.Contains);
                if (active == Active) isFolderFlushed |= withFolder;
                MakeVisible(end);
            }
            return 2 * closed.Length + (withFolder ? 2 : 1);
        }
    }

    /// <summary>
    /// A flush that failed leaves nothing to be trusted that isn't durable yet: the operating system may have let go of it, and a
    /// second flush would say that all is well.
    /// </summary>
    void Mistrust(IOException e)
    {
        lock (gate)
        {
            if (logs.WaitsForDisk) trouble = DiskRefused(e.Message) + " What wasn't acknowledged is taken back. Make room, or replace the disk.";
            else mustRewrite = true;
        }
    }

    // Without waiting for the disk, consumers have seen what a failed flush didn't bring there: it's written once more.
    bool mustRewrite;

    void Rewrite()
    {
        var buffer = new byte[1 << 16];
        foreach (var segment in unflushed.Append(Active)) segment.Rewrite(buffer);
        mustRewrite = false;
    }

    /// <summary>Whether the log, after a failed flush, is back to what is durable and can go on.</summary>
    bool TryRepair()
    {
        try
        {
            logs.Journal.Heal();
            TakeBack();
            trouble = null;
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>
    /// Cuts the log to what flushes of its segments brought to the disk, and appends from the journal again what that made
    /// durable.
    /// </summary>
    void TakeBack()
    {
        life++;
        var durable = highWatermark;
        foreach (var segment in segments) segment.RetireAndWait();
        // Recovery would take it for one that was begun, and whoever appends next would delete that.
        DeleteStray();
        var first = unflushed.Count > 0 ? unflushed[0] : Active;
        if (first != Active)
        {
            // Last first: if one can't be deleted, those before it are still there.
            foreach (var segment in segments.Where(s => s.BaseOffset > first.BaseOffset).Reverse()) Segment.Delete(folder, segment.BaseOffset);
            // A crash must not bring them back, when other records have their offsets.
            folder.Flush();
            // What comes may be refused, and the next try must not begin with one that's gone.
            Volatile.Write(ref segments, [.. segments.Where(s => s.BaseOffset <= first.BaseOffset)]);
            isFolderFlushed = true;
        }
        first.CutToFlushed();
        Recover();
        if (EndOffset < durable) Damage ??= Spoilt($"A flush failed, and then the log ended with the offset {EndOffset - 1} instead of {durable - 1}");
    }

    /// <summary>
    /// Adds the log's state to a checkpoint. It holds when <see cref="Flush"/> has returned after that.
    /// </summary>
    /// <returns>Whether anything changed since the last one.</returns>
    internal bool AddTo(Checkpoint.Writer checkpoint, out long end)
    {
        lock (gate)
        {
            end = EndOffset;
            // Left out, so that the next start looks at it again.
            if (Damage is not null) return false;
            if (trouble is not null && !TryRepair()) throw new IOException(trouble);
            if (mustRewrite) Rewrite();
            end = EndOffset;
            var had = hasChanged;
            if (had)
            {
                aborted.Save();
                Active.Index.Save();
            }
            checkpoint.Add(State(), producers.All);
            hasChanged = false;
            return had;
        }
    }

    LogState State() => new()
    {
        Path = Path,
        LogId = LogId,
        SegmentBase = Active.BaseOffset,
        FileId = Active.FileId,
        Position = Active.Length,
        NextOffset = EndOffset,
        FirstTimestamp = Active.FirstTimestamp,
        Since = Active.Since,
        MaxTimestamp = Active.MaxTimestamp,
        IndexEntries = Active.SavedIndexEntries,
        CleanedTo = cleanedTo,
        Epochs = [.. epochs.All],
    };

    /// <summary>Is told that the checkpoint it was added to isn't on the disk.</summary>
    internal void CheckpointFailed() => hasChanged = true;

    /// <summary>Is told that the checkpoint is on the disk.</summary>
    internal void CheckpointDone(long offset)
    {
        lock (gate)
        {
            checkpointed = offset;
            if (Damage is null && trouble is null) Sweep();
        }
    }

    long checkpointed;
}
