using Millrace.Kafka.Connections;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Producing;

/// <summary>
/// A Produce request under way. It is settled when it has been written and answered: until then its batches may still be
/// read from their buffers.
/// </summary>
sealed class ProduceExchange(SendQueue owner) : Exchange, IDisposable
{
    // Below this a request is put together in one buffer, and written at once.
    const int MostCopied = 64 * 1024;

    readonly WireWriter writer = new();
    readonly List<(int End, ReadOnlyMemory<byte> Batch)> parts = [];
    readonly List<ReadOnlyMemory<byte>> pieces = [];
    int stages;

    internal override bool IsAnswered => owner.Options.Acks != Acks.None;

    internal NodeQueue Node { get; private set; } = null!;

    /// <summary>At most one of each partition.</summary>
    internal List<(PartitionQueue Queue, ProduceBatch Batch)> Batches { get; } = [];

    internal short Version { get; private set; }

    /// <summary>Whether any of it may have left: what fails before is certainly not written.</summary>
    internal bool MayHaveLeft { get; private set; }

    /// <summary>The answer, or why there is none.</summary>
    internal ResponseFrame? Frame { get; private set; }

    internal KafkaException? Failure { get; private set; }

    internal void Begin(NodeQueue node)
    {
        Node = node;
        // Where nobody answers, what is written is done.
        (stages, Frame, Failure, MayHaveLeft) = (IsAnswered ? 0 : 1, null, null, false);
        Batches.Clear();
    }

    internal override void Answer(ResponseFrame frame)
    {
        Frame = frame;
        Step();
    }

    internal override void Fail(KafkaException why)
    {
        Failure = why;
        if (IsAnswered) Step();
    }

    /// <summary>It is written, or never will be.</summary>
    internal void Written() => Step();

    void Step()
    {
        if (Interlocked.Increment(ref stages) == 2) owner.Settle(this);
    }

    internal ValueTask SendAsync(BrokerConnection connection, short version, ProducerOptions options, ProducerIdentity identity)
    {
        Version = version;
        writer.Clear();
        parts.Clear();
        connection.Begin<ProduceRequest>(writer, version, this);
        if (version >= 3) writer.StringOrNull(options.TransactionalId);
        writer.Int16((short)options.Acks);
        writer.Int32((int)Math.Min(int.MaxValue, options.DeliveryTimeout.TotalMilliseconds));
        WriteTopics(options, identity);
        writer.NoTags();
        parts.Add((writer.Length, default));
        var length = writer.Length + parts.Sum(p => p.Batch.Length);
        writer.SetInt32(0, length - 4);
        MayHaveLeft = true;
        var start = 0;
        pieces.Clear();
        foreach (var (end, batch) in parts)
        {
            pieces.Add(writer.Written[start..end]);
            if (!batch.IsEmpty) pieces.Add(batch);
            start = end;
        }
        return pieces.Count == 1 ? connection.SendAsync(this, pieces[0]) : connection.SendAsync(this, pieces);
    }

    void WriteTopics(ProducerOptions options, ProducerIdentity identity)
    {
        // The batches of a topic stand together.
        if (Batches.Count > 1) Batches.Sort(static (a, b) => string.CompareOrdinal(a.Queue.Partition.Topic, b.Queue.Partition.Topic));
        var size = Batches.Sum(b => b.Batch.RecordBytes);
        writer.ArrayLength(Topics());
        for (var i = 0; i < Batches.Count;)
        {
            var topic = Batches[i].Queue;
            var next = i;
            while (next < Batches.Count && Batches[next].Queue.Partition.Topic == topic.Partition.Topic) next++;
            if (Version >= 13) writer.Uuid(topic.TopicId);
            else writer.String(topic.Partition.Topic);
            writer.ArrayLength(next - i);
            for (; i < next; i++)
            {
                var (queue, batch) = Batches[i];
                var bytes = batch.Seal(options.Compression, identity.Id, queue.Epoch >= 0 ? queue.Epoch : identity.Epoch, options.TransactionalId is not null);
                writer.Int32(queue.Partition.Partition);
                if (size <= MostCopied) writer.Bytes(bytes.Span);
                else
                {
                    writer.RecordsLength(bytes.Length);
                    parts.Add((writer.Length, bytes));
                }
                writer.NoTags();
            }
            writer.NoTags();
        }
    }

    public void Dispose() => writer.Dispose();

    int Topics()
    {
        var topics = 0;
        for (var i = 0; i < Batches.Count; i++)
            if (i == 0 || Batches[i].Queue.Partition.Topic != Batches[i - 1].Queue.Partition.Topic) topics++;
        return topics;
    }
}

/// <summary>What the broker knows the producer by, so that it writes nothing twice.</summary>
readonly record struct ProducerIdentity(long Id, short Epoch)
{
    internal static readonly ProducerIdentity None = new(-1, -1);
}
