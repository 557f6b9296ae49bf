using Millrace.Kafka.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Consuming;

/// <summary>A partition that this consumer reads, and how far it is.</summary>
sealed class AssignedPartition(TopicPartition partition)
{
    internal TopicPartition Partition { get; } = partition;

    /// <summary>The offset of the next record to hand out, -1 while it isn't known.</summary>
    internal long Position { get; set; } = -1;

    /// <summary>The offset to ask for next: ahead of the position by what is held.</summary>
    internal long FetchOffset { get; set; } = -1;

    /// <summary>What was last committed, -1 for nothing yet.</summary>
    internal long Committed { get; set; } = -1;

    /// <summary>Rises when the reader jumps: what was asked for before is no longer wanted.</summary>
    internal int Jumps { get; private set; }

    internal bool IsPaused { get; set; }

    internal bool IsRevoked { get; set; }

    /// <summary>Where it is to be found, when not by an offset of the group.</summary>
    internal OffsetSpec? Lookup { get; set; }

    internal long HighWatermark { get; set; } = -1;

    /// <summary>Bytes that are held and not read.</summary>
    internal long Held { get; set; }

    internal bool IsAsked { get; set; }

    /// <summary>Not before this time, in the consumer's.</summary>
    internal long NotBefore { get; set; }

    internal int Failures { get; set; }

    /// <summary>Since when nothing could be read, or since that was last told, in the consumer's time.</summary>
    internal long? FailingSince { get; set; }

    internal void MoveTo(long offset)
    {
        (Position, FetchOffset) = (offset, offset);
        Lookup = null;
        Jumps++;
    }

    internal void Find(OffsetSpec at)
    {
        (Position, FetchOffset, Lookup) = (-1, -1, at);
        Jumps++;
    }
}

/// <summary>What one Fetch brought of one partition. It holds on to the answer until it has been read.</summary>
sealed class FetchedPart(AssignedPartition of, SharedFrame frame, ReadOnlyMemory<byte> batches, List<FetchResponse.FetchableTopicResponse.PartitionData.AbortedTransaction>? aborted)
{
    internal AssignedPartition Of => of;

    internal int Jumps { get; } = of.Jumps;

    internal ReadOnlyMemory<byte> Batches => batches;

    /// <summary>By their first offsets.</summary>
    internal List<FetchResponse.FetchableTopicResponse.PartitionData.AbortedTransaction>? Aborted => aborted;

    internal void Release() => frame.Release();
}

/// <summary>An answer that several partitions are read from.</summary>
sealed class SharedFrame(ResponseFrame frame)
{
    int holders = 1;

    internal void Hold() => Interlocked.Increment(ref holders);

    internal void Release()
    {
        if (Interlocked.Decrement(ref holders) == 0) frame.Dispose();
    }
}
