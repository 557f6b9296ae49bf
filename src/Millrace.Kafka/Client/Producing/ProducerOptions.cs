namespace Millrace.Kafka;

/// <summary>Who must have a record before it counts as delivered.</summary>
public enum Acks
{
    /// <summary>Every replica that is in sync.</summary>
    All = -1,

    /// <summary>Nobody: records can be lost without anyone noticing.</summary>
    None = 0,

    /// <summary>The leader alone.</summary>
    Leader = 1,
}

public sealed record ProducerOptions
{
    public Acks Acks { get; init; } = Acks.All;

    /// <summary>Whether each record is written once and in order, even where requests had to be repeated. Needs <see cref="Acks.All"/>.</summary>
    public bool Idempotent { get; init; } = true;

    /// <summary>Makes transactions possible. It names the producer across restarts: one that starts ends what an earlier one with this id left open.</summary>
    public string? TransactionalId { get; init; }

    /// <summary>After this long without an end brokers abort a transaction.</summary>
    public TimeSpan TransactionTimeout { get; init; } = TimeSpan.FromMinutes(1);

    public CompressionKind Compression { get; init; }

    public Partitioner Partitioner { get; init; } = Partitioner.Murmur2;

    /// <summary>How long records wait for others to share a request. Zero: they wait only while an earlier request is under way.</summary>
    public TimeSpan Linger
    {
        get;
        init => field = value >= TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(Linger), value, "Records can't be sent before they are there.");
    }

    /// <summary>The most bytes of records that travel as one batch.</summary>
    public int BatchBytes
    {
        get;
        init => field = value >= 1024 ? value : throw new ArgumentOutOfRangeException(nameof(BatchBytes), value, "A batch needs 1,024 bytes at least.");
    } = 1_000_000;

    /// <summary>The most bytes that wait or travel. When there are more, sending waits.</summary>
    public long BufferBytes
    {
        get;
        init => field = value >= 1024 ? value : throw new ArgumentOutOfRangeException(nameof(BufferBytes), value, "The buffer needs 1,024 bytes at least.");
    } = 32 << 20;

    /// <summary>How long to try before a record counts as failed.</summary>
    public TimeSpan DeliveryTimeout
    {
        get;
        init => field = value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(DeliveryTimeout), value, "Delivering needs some time.");
    } = TimeSpan.FromMinutes(2);

    /// <summary>Hears of every record that was queued with <c>EnqueueAsync</c>, in the order of its partition. It must be quick: it holds up the answers of the broker.</summary>
    public Action<DeliveryReport>? OnDelivery { get; init; }

    internal ProducerOptions Checked()
    {
        if (TransactionalId is not null && !Idempotent) throw new ArgumentException("Transactions need an idempotent producer. Leave ProducerOptions.Idempotent true, or TransactionalId null.");
        if (Idempotent && Acks != Acks.All) throw new ArgumentException($"An idempotent producer needs Acks.All, not {Acks}. Set ProducerOptions.Idempotent to false, or leave Acks.");
        if (BatchBytes > BufferBytes) throw new ArgumentException($"A batch of {BatchBytes:N0} bytes doesn't fit into a buffer of {BufferBytes:N0}. Raise ProducerOptions.BufferBytes, or lower BatchBytes.");
        return this;
    }
}
