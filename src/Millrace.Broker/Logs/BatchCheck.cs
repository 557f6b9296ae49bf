using Millrace.Kafka.Compression;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Logs;

/// <summary>Looks at what a client sends before it is appended: that it is whole, and no larger than the topic takes.</summary>
static class BatchCheck
{
    /// <summary>The first thing that is wrong with the batches, or null.</summary>
    internal static Refusal? Of(ReadOnlyMemory<byte> batches, TopicSettings settings, long now, SharedRoom room)
    {
        if (batches.Length == 0) return new(ErrorCode.InvalidRecord, "There is no record to append.");
        while (batches.Length > 0)
        {
            var span = batches.Span;
            if (span.Length < BatchHeader.Size) return new(ErrorCode.CorruptMessage, $"A batch has {span.Length} bytes, which is less than its head.");
            var total = BatchHeader.TotalLength(span);
            if (total < BatchHeader.Size || total > span.Length) return new(ErrorCode.CorruptMessage, $"A batch says that it has {total:N0} bytes, and {span.Length:N0} are there.");
            if (OfOne(batches[..(int)total], settings, now, room) is { } refusal) return refusal;
            batches = batches[(int)total..];
        }
        return null;
    }

    static Refusal? OfOne(ReadOnlyMemory<byte> memory, TopicSettings settings, long now, SharedRoom room)
    {
        var batch = memory.Span;
        if (BatchHeader.Magic(batch) != 2) return new(ErrorCode.UnsupportedForMessageFormat, $"A batch is of kind {BatchHeader.Magic(batch)}, and only 2 is appended.");
        if (batch.Length > settings.MaxMessageBytes)
            return new(ErrorCode.MessageTooLarge, $"A batch has {batch.Length:N0} bytes, and the topic takes {settings.MaxMessageBytes:N0} at most (max.message.bytes).");
        if (!BatchHeader.CrcHolds(batch)) return new(ErrorCode.CorruptMessage, "The checksum of a batch isn't that of its bytes.");
        var (count, lastDelta) = (BatchHeader.Count(batch), BatchHeader.LastOffsetDelta(batch));
        if (count <= 0 || lastDelta != count - 1) return new(ErrorCode.InvalidRecord, $"A batch has {count} records and ends {lastDelta} behind its first.");
        if (BatchHeader.IsControl(batch)) return new(ErrorCode.InvalidRecord, "Only brokers write control records.");
        if (BatchHeader.ProducerId(batch) >= 0 && (BatchHeader.BaseSequence(batch) < 0 || BatchHeader.ProducerEpoch(batch) < 0))
            return new(ErrorCode.InvalidRecord, "A batch of an idempotent producer has no sequence.");
        if (BatchHeader.IsTransactional(batch) && BatchHeader.ProducerId(batch) < 0) return new(ErrorCode.InvalidRecord, "A batch of a transaction has no producer.");
        if (BatchHeader.Compression(batch) > CompressionKind.Zstd) return new(ErrorCode.UnsupportedCompressionType, $"Compression {(int)BatchHeader.Compression(batch)} is not known.");
        if (!settings.UsesAppendTime)
        {
            var latest = BatchHeader.MaxTimestamp(batch);
            if (latest > now && latest - now > settings.TimestampAfterMaxMs) return new(ErrorCode.InvalidTimestamp, $"A record's time is {(latest - now) / 1000:N0} s ahead of the broker's.");
            if (latest >= 0 && now > latest && now - latest > settings.TimestampBeforeMaxMs) return new(ErrorCode.InvalidTimestamp, $"A record's time is {(now - latest) / 1000:N0} s behind the broker's.");
        }
        return settings.IsCompacted ? KeysOf(memory, count, room) : null;
    }

    /// <summary>Compaction tells records apart by key and place, so each needs its own.</summary>
    static Refusal? KeysOf(ReadOnlyMemory<byte> batch, int count, SharedRoom room)
    {
        try
        {
            using var unpacked = new UnpackedRecords(batch, room);
            var records = new RecordReader(unpacked.Span, count);
            for (var i = 0; records.Read(out var record); i++)
            {
                // Compaction would take it for the latest of its key, wherever it says it is.
                if (record.OffsetDelta != i) return new(ErrorCode.InvalidRecord, $"Record {i} of a batch says that it is record {record.OffsetDelta}.");
                if (!record.HasKey) return new(ErrorCode.InvalidRecord, $"Record {i} has no key, and the topic is compacted.");
            }
            return records.IsWhole ? null : new(ErrorCode.InvalidRecord, "A batch has bytes behind its records.");
        }
        catch (Exception e) when (e is CompressionException or RecordsException)
        {
            return new(ErrorOf(e), e.Message);
        }
    }

    /// <summary>What a producer is told of records that can't be unpacked. Where there is only no room at the moment it sends them again.</summary>
    internal static ErrorCode ErrorOf(Exception wrong) => wrong is CompressionException { IsForNow: true } ? ErrorCode.KafkaStorageError : ErrorCode.CorruptMessage;

    /// <summary>What a batch may unpack to: more is taken for an attack.</summary>
    internal const int MostUnpacked = 128 << 20;

    /// <summary>What may be unpacked at once.</summary>
    internal const int MostUnpackedAtOnce = 256 << 20;
}

readonly record struct Refusal(ErrorCode Error, string Message);
