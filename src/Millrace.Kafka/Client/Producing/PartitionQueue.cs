namespace Millrace.Kafka.Producing;

/// <summary>
/// What one partition still has to be sent, in order. Its batches are numbered when they are first sent; what has to be sent
/// again goes before all others, and alone: nothing may overtake it.
/// </summary>
sealed class PartitionQueue(TopicPartition partition)
{
    internal TopicPartition Partition { get; } = partition;

    internal Guid TopicId { get; set; }

    /// <summary>The broker to send to, -1 while nobody knows.</summary>
    internal int Leader { get; set; } = -1;

    /// <summary>Those that wait. Only the last may still take records.</summary>
    internal List<ProduceBatch> Waiting { get; } = [];

    internal int InFlight { get; set; }

    /// <summary>Whether something failed: what is under way must come back before anything is sent again.</summary>
    internal bool IsDraining { get; set; }

    /// <summary>Not before this time, in the producer's.</summary>
    internal long NotBefore { get; set; }

    internal int Failures { get; set; }

    internal int NextSequence { get; set; }

    /// <summary>Where numbers go on once all that is under way has come back, -1 for where they are.</summary>
    internal int RestartAt { get; set; } = -1;

    /// <summary>Why the last attempt failed.</summary>
    internal KafkaException? LastError { get; set; }

    /// <summary>The producer's epoch in this partition. It rises when what was written is no longer known.</summary>
    internal short Epoch { get; set; } = -1;

    /// <summary>Whether the transaction that is open has it.</summary>
    internal bool IsInTransaction { get; set; }

    /// <summary>Whether its broker's list has it.</summary>
    internal bool IsListed { get; set; }

    /// <summary>Puts a batch back that has to be sent again, before those behind it.</summary>
    internal void PutBack(ProduceBatch batch)
    {
        var at = 0;
        while (at < Waiting.Count && Waiting[at].Sequence >= 0 && batch.Sequence >= 0 && Waiting[at].Sequence < batch.Sequence) at++;
        Waiting.Insert(at, batch);
    }

    /// <summary>Numbers begin anew from here: those that wait get theirs when they are sent.</summary>
    internal void Renumber(int next)
    {
        (NextSequence, RestartAt) = (next, -1);
        foreach (var batch in Waiting) batch.Number(-1);
    }
}
