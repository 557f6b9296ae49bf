using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Logs;

/// <summary>
/// What a partition knows of the producers that write to it: their epochs, their last batches by sequence, and where their
/// open transactions began. It is what makes a repeated request harmless and a gap an error.
/// </summary>
sealed class ProducerStates
{
    /// <summary>Batches that a client may have under way, so that each may come again.</summary>
    internal const int Remembered = 5;

    readonly Dictionary<long, Producer> producers = [];
    // Where open transactions began.
    readonly SortedSet<long> open = [];

    internal IReadOnlyDictionary<long, Producer> All => producers;

    /// <summary>Where the oldest open transaction began, or null.</summary>
    internal long? FirstOpenOffset => open.Count == 0 ? null : open.Min;

    /// <summary>Whether the batch may be appended; if it was before, where.</summary>
    internal Verdict Judge(ReadOnlySpan<byte> batch)
    {
        var id = BatchHeader.ProducerId(batch);
        if (id < 0) return Verdict.Append;
        var (epoch, first) = (BatchHeader.ProducerEpoch(batch), BatchHeader.BaseSequence(batch));
        var last = Sequence(first, BatchHeader.LastOffsetDelta(batch));
        if (!producers.TryGetValue(id, out var producer)) return Verdict.Append;
        if (epoch < producer.Epoch) return new(ErrorCode.InvalidProducerEpoch);
        if (BatchHeader.IsControl(batch)) return Verdict.Append;
        if (epoch > producer.Epoch) return first == 0 ? Verdict.Append : new(ErrorCode.OutOfOrderSequenceNumber);
        foreach (var known in producer.Batches)
            if (known.First == first && known.Last == last) return new(ErrorCode.None, known);
        // A producer that only wrote markers so far, or of which all was deleted, begins anywhere.
        if (producer.Batches.Count == 0) return Verdict.Append;
        var expected = Sequence(producer.Batches[^1].Last, 1);
        if (first == expected) return Verdict.Append;
        return new(IsBefore(first, expected) ? ErrorCode.DuplicateSequenceNumber : ErrorCode.OutOfOrderSequenceNumber);
    }

    /// <summary>Sequences start again at 0 behind the greatest.</summary>
    static int Sequence(int first, int more) => first > int.MaxValue - more ? more - (int.MaxValue - first) - 1 : first + more;

    static bool IsBefore(int sequence, int expected) => expected - sequence is > 0 and < int.MaxValue / 2;

    /// <summary>Takes a batch that was appended into account. Returns where the transaction began that it ends, or null.</summary>
    internal long? See(ReadOnlySpan<byte> head)
    {
        var id = BatchHeader.ProducerId(head);
        if (id < 0) return null;
        if (!producers.TryGetValue(id, out var producer)) producers.Add(id, producer = new Producer());
        var epoch = BatchHeader.ProducerEpoch(head);
        if (epoch > producer.Epoch)
        {
            producer.Epoch = epoch;
            producer.Batches.Clear();
        }
        producer.LastTimestamp = BatchHeader.MaxTimestamp(head);
        if (BatchHeader.IsControl(head))
        {
            var began = producer.OpenSince;
            if (began is { } since) open.Remove(since);
            producer.OpenSince = null;
            return began;
        }
        var first = BatchHeader.BaseSequence(head);
        if (producer.Batches.Count == Remembered) producer.Batches.RemoveAt(0);
        producer.Batches.Add(new(first, Sequence(first, BatchHeader.LastOffsetDelta(head)), BatchHeader.BaseOffset(head), BatchHeader.MaxTimestamp(head)));
        if (BatchHeader.IsTransactional(head) && producer.OpenSince is null)
        {
            producer.OpenSince = BatchHeader.BaseOffset(head);
            open.Add(BatchHeader.BaseOffset(head));
        }
        return null;
    }

    internal void Restore(long id, Producer producer)
    {
        producers[id] = producer;
        if (producer.OpenSince is { } since) open.Add(since);
    }

    /// <summary>The offsets of the last batch of each producer: they tell its sequences, so compaction leaves them.</summary>
    internal HashSet<long> LastBatches() => [.. producers.Values.Where(p => p.Batches.Count > 0).Select(p => p.Batches[^1].Offset)];

    /// <summary>Forgets producers without an open transaction that have been silent since then.</summary>
    internal void Expire(long before)
    {
        foreach (var (id, producer) in producers)
            if (producer.OpenSince is null && producer.LastTimestamp < before) producers.Remove(id);
    }

    internal void Clear()
    {
        producers.Clear();
        open.Clear();
    }
}

sealed class Producer
{
    internal short Epoch { get; set; } = -1;

    internal List<KnownBatch> Batches { get; } = [];

    internal long LastTimestamp { get; set; } = -1;

    /// <summary>The first offset of the open transaction, or null.</summary>
    internal long? OpenSince { get; set; }

    internal Producer Copy()
    {
        var copy = new Producer { Epoch = Epoch, LastTimestamp = LastTimestamp, OpenSince = OpenSince };
        copy.Batches.AddRange(Batches);
        return copy;
    }
}

/// <summary>A batch by its sequences, and where it lies.</summary>
readonly record struct KnownBatch(int First, int Last, long Offset, long Timestamp);

/// <param name="Known">Where the batch already lies.</param>
readonly record struct Verdict(ErrorCode Error, KnownBatch? Known = null)
{
    internal static Verdict Append => default;
}
