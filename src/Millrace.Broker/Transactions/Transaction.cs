using Millrace.Broker.Groups;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Transactions;

/// <summary>The numbers are in files.</summary>
enum TransactionState : byte
{
    Empty = 0,
    Ongoing = 1,
    PrepareCommit = 2,
    PrepareAbort = 3,
    CompleteCommit = 4,
    CompleteAbort = 5,
}

/// <summary>What is known of a transactional id: its producer, and the transaction that it's in. Read and changed under its gate.</summary>
sealed class Transaction(string id)
{
    /// <summary>Appends hold it while they look whether they may, and append: so none comes behind the marker that ends them.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Requests that change it take turns, from the decision until it's safe.</summary>
    internal SemaphoreSlim Turn { get; } = new(1);

    internal string Id => id;

    internal long ProducerId { get; set; } = -1;

    internal short Epoch { get; set; } = -1;

    internal int TimeoutMs { get; set; }

    internal TransactionState State { get; set; }

    internal HashSet<TopicPartition> Partitions { get; } = [];

    internal long StartedAt { get; set; } = -1;

    internal long ChangedAt { get; set; }

    /// <summary>Whether the decision how it ends, once it's ending, is known to be on the disk.</summary>
    internal bool IsDecided { get; set; } = true;

    internal bool IsOpen => State == TransactionState.Ongoing;

    internal bool IsEnding => State is TransactionState.PrepareCommit or TransactionState.PrepareAbort;

    internal void Begin(long now)
    {
        if (State == TransactionState.Ongoing) return;
        (State, StartedAt) = (TransactionState.Ongoing, now);
        Partitions.Clear();
    }

    /// <summary>What is remembered: | producer | epoch | timeout | state | started | changed | partitions | topic | partition | ... |</summary>
    internal byte[] Write()
    {
        using var writer = new WireWriter { Flexible = true };
        writer.Int64(ProducerId);
        writer.Int16(Epoch);
        writer.Int32(TimeoutMs);
        writer.Int8((sbyte)State);
        writer.Int64(StartedAt);
        writer.Int64(ChangedAt);
        writer.Int32(Partitions.Count);
        foreach (var (topic, partition) in Partitions)
        {
            writer.String(topic);
            writer.Int32(partition);
        }
        return writer.Written.ToArray();
    }

    internal static Transaction Read(string id, byte[] bytes)
    {
        var reader = new WireReader(bytes) { Flexible = true };
        var transaction = new Transaction(id)
        {
            ProducerId = reader.Int64(),
            Epoch = reader.Int16(),
            TimeoutMs = reader.Int32(),
            State = (TransactionState)reader.Int8(),
            StartedAt = reader.Int64(),
            ChangedAt = reader.Int64(),
        };
        for (var count = reader.Int32(); count > 0; count--) transaction.Partitions.Add(new(reader.String(), reader.Int32()));
        return transaction;
    }
}
