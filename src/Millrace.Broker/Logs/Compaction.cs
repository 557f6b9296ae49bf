using System.Buffers.Binary;
using System.Security.Cryptography;
using Millrace.Broker.Files;
using Millrace.Kafka.Compression;
using Millrace.Kafka.Records;

namespace Millrace.Broker.Logs;

/// <summary>
/// One cleaning of a partition: it learns which offset is the latest of each key, and writes segments without the others.
/// Offsets and sequences of what stays are as they were.
/// </summary>
sealed class Compaction(TopicSettings settings, long now, long startOffset, HashSet<long> lastBatches, List<AbortedTransaction> aborted) : IDisposable
{
    /// <summary>Keys are known by hashes of 16 bytes; so many take some 50 MB.</summary>
    const int MostKeys = 1_000_000;
    const int WriteSize = 1 << 18;

    readonly Dictionary<UInt128, long> latest = [];
    readonly ILookup<long, AbortedTransaction> abortedBy = aborted.ToLookup(a => a.ProducerId);
    // Producers of which a record or an empty batch came since their last marker.
    readonly HashSet<long> withData = [];
    readonly HashSet<long> goneMarkers = [];
    readonly BatchBuilder builder = new();
    readonly RentedBytes unpacked = new(BatchCheck.MostUnpacked);
    readonly RentedBytes output = new(int.MaxValue);

    /// <summary>Learns the keys of a segment. False if there were too many to go on.</summary>
    internal bool TryLearn(Segment segment)
    {
        if (latest.Count >= MostKeys) return false;
        foreach (var batch in Batches(segment))
        {
            if (BatchHeader.IsControl(batch) || IsAborted(batch) || !TryUnpack(batch)) continue;
            var records = Records(batch);
            while (records.Read(out var record))
                if (record.HasKey) latest[Hash(record.Key)] = BatchHeader.BaseOffset(batch) + record.OffsetDelta;
        }
        return true;
    }

    static UInt128 Hash(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    static IEnumerable<byte[]> Batches(Segment segment)
    {
        for (var position = Segment.HeadSize; position < segment.Length;)
        {
            var batch = PartitionLog.ReadBatch(segment, position);
            if (!BatchHeader.CrcHolds(batch)) throw segment.Flaw(position, "the checksum of a batch isn't that of its bytes");
            yield return batch;
            position += batch.Length;
        }
    }

    /// <summary>
    /// Unpacks a batch and looks whether its records are what its head says. A topic that wasn't compacted took them unseen: what nobody
    /// can read tells of no key, and stays as it is.
    /// </summary>
    bool TryUnpack(byte[] batch)
    {
        try
        {
            unpacked.Clear();
            Packing.Unpack(BatchHeader.Compression(batch), batch.AsMemory(BatchHeader.Size), unpacked);
            var records = Records(batch);
            var last = -1;
            while (records.Read(out var record))
            {
                if (record.OffsetDelta <= last || record.OffsetDelta > BatchHeader.LastOffsetDelta(batch)) return false;
                last = record.OffsetDelta;
            }
            return records.IsWhole;
        }
        catch (Exception sealedUp) when (sealedUp is CompressionException or RecordsException)
        {
            return false;
        }
    }

    /// <summary>The records of the batch that was unpacked last.</summary>
    RecordReader Records(byte[] batch) => new(unpacked.Span, BatchHeader.Count(batch));

    bool IsAborted(byte[] batch) => BatchHeader.IsTransactional(batch)
        && abortedBy[BatchHeader.ProducerId(batch)].Any(a => a.FirstOffset <= BatchHeader.BaseOffset(batch) && BatchHeader.BaseOffset(batch) <= a.LastOffset);

    internal bool IsWithoutMarker(AbortedTransaction transaction) => goneMarkers.Contains(transaction.LastOffset);

    /// <summary>Writes what stays of some segments to a file, which is on the disk then. Returns its length.</summary>
    internal long Write(List<Segment> segments, DiskFolder folder, string name, long logId)
    {
        using var file = folder.Open(name);
        file.SetLength(0);
        var at = (long)Segment.HeadSize;
        output.Clear();
        foreach (var batch in segments.SelectMany(Batches))
        {
            Clean(batch);
            if (output.Length < WriteSize) continue;
            file.Write(output.Span, at);
            at += output.Length;
            output.Clear();
        }
        file.Write(output.Span, at);
        at += output.Length;
        Segment.WriteHead(file, segments[0].BaseOffset, at, segments[^1].NextOffset, logId, Segment.NewFileId());
        file.Flush();
        return at;
    }

    void Clean(byte[] batch)
    {
        if (BatchHeader.LastOffset(batch) < startOffset) return;
        if (BatchHeader.IsControl(batch)) CleanMarker(batch);
        else CleanRecords(batch);
    }

    /// <summary>A marker goes some time after the last record of its transaction went.</summary>
    void CleanMarker(byte[] batch)
    {
        if (withData.Remove(BatchHeader.ProducerId(batch)))
        {
            output.Write(batch);
            return;
        }
        if (!BatchHeader.HasDeleteHorizon(batch) && TryUnpack(batch))
        {
            Rebuild(batch, now + settings.DeleteRetentionMs, static (in _) => true);
            return;
        }
        if (BatchHeader.BaseTimestamp(batch) > now) output.Write(batch);
        else if (PartitionLog.IsAbort(batch)) goneMarkers.Add(BatchHeader.BaseOffset(batch));
    }

    void CleanRecords(byte[] batch)
    {
        if (BatchHeader.IsTransactional(batch)) withData.Add(BatchHeader.ProducerId(batch));
        var first = BatchHeader.BaseOffset(batch);
        var isLast = lastBatches.Contains(first);
        if (IsAborted(batch))
        {
            if (isLast) Rebuild(batch, null, stays: null);
            return;
        }
        long? horizon = BatchHeader.HasDeleteHorizon(batch) ? BatchHeader.BaseTimestamp(batch) : null;
        if (!TryUnpack(batch))
        {
            output.Write(batch);
            return;
        }
        var (kept, tombstones) = (0, 0);
        var records = Records(batch);
        while (records.Read(out var record))
        {
            if (!Stays(record, first, horizon)) continue;
            kept++;
            if (!record.HasValue) tombstones++;
        }
        if (kept == 0 && !isLast) return;
        // From now on the time of the tombstones runs: consumers that are behind may still need them.
        if (tombstones > 0 && horizon is null) Rebuild(batch, now + settings.DeleteRetentionMs, (in r) => Stays(r, first, null));
        else if (kept == BatchHeader.Count(batch)) output.Write(batch);
        else Rebuild(batch, horizon, (in r) => Stays(r, first, horizon));
    }

    bool Stays(in RecordView record, long first, long? horizon)
    {
        if (!record.HasKey) return false;
        if (latest.TryGetValue(Hash(record.Key), out var last) && last > first + record.OffsetDelta) return false;
        return record.HasValue || horizon is null || horizon > now;
    }

    delegate bool Choice(in RecordView record);

    /// <summary>Writes the batch that was unpacked last with fewer records, or one without any.</summary>
    void Rebuild(byte[] batch, long? horizon, Choice? stays)
    {
        var (baseTime, hasAppendTime) = (BatchHeader.BaseTimestamp(batch), BatchHeader.HasAppendTime(batch));
        builder.Clear(horizon);
        var records = Records(batch);
        while (stays is not null && records.Read(out var record))
        {
            var time = hasAppendTime ? BatchHeader.MaxTimestamp(batch) : baseTime + record.TimestampDelta;
            if (stays(record)) builder.Add(record.OffsetDelta, time, record.Key, record.HasKey, record.Value, record.HasValue, record.HeaderCount, record.Headers);
        }
        output.Write(builder.Build(new BatchFacts
        {
            BaseOffset = BatchHeader.BaseOffset(batch),
            LeaderEpoch = BatchHeader.LeaderEpoch(batch),
            Compression = builder.Count == 0 ? CompressionKind.None : BatchHeader.Compression(batch),
            IsTransactional = BatchHeader.IsTransactional(batch),
            IsControl = BatchHeader.IsControl(batch),
            HasAppendTime = hasAppendTime,
            BaseTimestamp = baseTime,
            MaxTimestamp = BatchHeader.MaxTimestamp(batch),
            ProducerId = BatchHeader.ProducerId(batch),
            ProducerEpoch = BatchHeader.ProducerEpoch(batch),
            BaseSequence = BatchHeader.BaseSequence(batch),
        }, BatchHeader.LastOffsetDelta(batch)).Span);
    }

    public void Dispose()
    {
        builder.Dispose();
        unpacked.Dispose();
        output.Dispose();
    }
}
