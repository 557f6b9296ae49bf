using System.Text;
using Millrace.Broker.Logs;
using Millrace.Kafka.Compression;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Logs;

readonly record struct SeenRecord(long Offset, string? Key, string? Value, long ProducerId, int Sequence, bool IsTransactional, long Timestamp)
{
    internal bool IsControl { get; init; }
}

/// <summary>Reads logs as consumers do.</summary>
static class LogReader
{
    internal static List<SeenRecord> ReadAll(PartitionLog log, long? from = null, long? upTo = null, int maxBytes = 4096)
    {
        List<SeenRecord> seen = [];
        var end = upTo ?? log.HighWatermark;
        for (var offset = from ?? log.StartOffset; offset < end;)
        {
            var read = log.Read(offset, maxBytes, end, atLeastOne: true);
            Assert.Equal(ErrorCode.None, read.Error);
            if (read.Length == 0) break;
            foreach (var record in Records(read.Batches))
                if (record.Offset >= offset) seen.Add(record);
            Assert.True(read.NextOffset > offset, $"Reading {log.Name} doesn't go on at {offset}.");
            offset = read.NextOffset;
            System.Buffers.ArrayPool<byte>.Shared.Return(read.Buffer!);
        }
        return seen;
    }

    /// <summary>What a consumer shows that reads only what is committed.</summary>
    internal static List<SeenRecord> ReadCommitted(PartitionLog log)
    {
        var (from, upTo) = (log.StartOffset, log.StableOffset);
        var aborted = log.AbortedBetween(from, upTo).OrderBy(a => a.FirstOffset).ToList();
        HashSet<long> givenUp = [];
        List<SeenRecord> seen = [];
        foreach (var record in ReadAll(log, from, upTo))
        {
            for (; aborted.Count > 0 && aborted[0].FirstOffset <= record.Offset; aborted.RemoveAt(0)) givenUp.Add(aborted[0].ProducerId);
            if (record.IsControl)
            {
                if (record.Key == "abort") givenUp.Remove(record.ProducerId);
            }
            else if (!record.IsTransactional || !givenUp.Contains(record.ProducerId))
            {
                seen.Add(record);
            }
        }
        return seen;
    }

    internal static List<SeenRecord> Records(ReadOnlyMemory<byte> batches)
    {
        List<SeenRecord> seen = [];
        while (batches.Length > 0)
        {
            var batch = batches[..(int)BatchHeader.TotalLength(batches.Span)];
            batches = batches[batch.Length..];
            Assert.True(BatchHeader.CrcHolds(batch.Span), $"The batch at {BatchHeader.BaseOffset(batch.Span)} is torn.");
            Add(seen, batch);
        }
        return seen;
    }

    static void Add(List<SeenRecord> seen, ReadOnlyMemory<byte> memory)
    {
        var batch = memory.Span;
        using var unpacked = new RentedBytes(1 << 24);
        Packing.Unpack(BatchHeader.Compression(batch), memory[BatchHeader.Size..], unpacked);
        var records = new RecordReader(unpacked.Span, BatchHeader.Count(batch));
        while (records.Read(out var record))
        {
            var isControl = BatchHeader.IsControl(batch);
            var key = isControl ? (record.Key[3] == 0 ? "abort" : "commit") : record.HasKey ? Encoding.UTF8.GetString(record.Key) : null;
            var time = BatchHeader.HasAppendTime(batch) ? BatchHeader.MaxTimestamp(batch) : BatchHeader.BaseTimestamp(batch) + record.TimestampDelta;
            seen.Add(new(BatchHeader.BaseOffset(batch) + record.OffsetDelta, key, record.HasValue && !isControl ? Encoding.UTF8.GetString(record.Value) : null,
                BatchHeader.ProducerId(batch), BatchHeader.BaseSequence(batch) + record.OffsetDelta, BatchHeader.IsTransactional(batch), time) { IsControl = isControl });
        }
    }
}
