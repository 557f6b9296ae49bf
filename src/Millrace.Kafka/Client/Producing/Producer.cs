using System.Buffers;
using System.Text;
using Millrace.Kafka.Compression;
using Millrace.Kafka.Producing;
using Millrace.Kafka.Records;

namespace Millrace.Kafka;

/// <summary>
/// Sends records. It may be used by many threads at once; records of one thread for one partition are written in order.
/// <code>
/// var delivery = await producer.SendAsync("users", "ann", "hello");     // written
/// await producer.EnqueueAsync("users", "bob", "hi");                    // taken
/// await producer.FlushAsync();                                          // all that was taken is written
/// </code>
/// </summary>
public sealed class Producer<TKey, TValue> : IAsyncDisposable
{
    // Asked first, as comparing a structure with null makes an object of it before the method is optimised.
    static readonly bool KeyMayBeNull = default(TKey) is null, ValueMayBeNull = default(TValue) is null;

    readonly SendQueue queue;
    readonly WaitingLine line = new();
    readonly TimeProvider time;
    readonly IRecordFormat<TKey> keys;
    readonly IRecordFormat<TValue> values;

    internal Producer(KafkaClient client, ProducerOptions options, IRecordFormat<TKey> keys, IRecordFormat<TValue> values)
    {
        (this.keys, this.values, time) = (keys, values, client.Options.Time);
        queue = new SendQueue(client, options.Checked());
    }

    /// <summary>Sends a record, and ends when it is written.</summary>
    public ValueTask<Delivery> SendAsync(string topic, TKey key, TValue value, CancellationToken cancellation = default) => SendAsync(new(topic, key, value), cancellation);

    /// <summary>Sends a record, and ends when it is written.</summary>
    /// <exception cref="KafkaException">It was not, after trying for <see cref="ProducerOptions.DeliveryTimeout"/>, or can't be.</exception>
    /// <param name="cancellation">Keeps a record from being taken that still waits for room. One that has been taken is sent.</param>
    public ValueTask<Delivery> SendAsync(in ProducerRecord<TKey, TValue> record, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return KafkaTelemetry.Source.HasListeners() ? SendTracedAsync(record, cancellation) : SendUntracedAsync(record, cancellation);
    }

    async ValueTask<Delivery> SendTracedAsync(ProducerRecord<TKey, TValue> record, CancellationToken cancellation)
    {
        var headers = record.Headers;
        using var activity = TraceHeaders.Begin(record.Topic, ref headers);
        try
        {
            var delivery = await SendUntracedAsync(record with { Headers = headers }, cancellation).ConfigureAwait(false);
            activity?.SetTag("messaging.destination.partition.id", delivery.Partition).SetTag("messaging.kafka.offset", delivery.Offset);
            return delivery;
        }
        catch (Exception failed)
        {
            activity?.SetStatus(System.Diagnostics.ActivityStatusCode.Error, failed.Message);
            throw;
        }
    }

    ValueTask<Delivery> SendUntracedAsync(in ProducerRecord<TKey, TValue> record, CancellationToken cancellation)
    {
        if (!line.IsEmpty || queue.Find(record.Topic) is not { } topic) return SendSlowlyAsync(record, cancellation);
        var source = DeliverySource.Rent();
        var awaited = source.Task;
        return TryAppend(topic, record, source, null) ? awaited : SendSlowlyAsync(record, cancellation);
    }

    async ValueTask<Delivery> SendSlowlyAsync(ProducerRecord<TKey, TValue> record, CancellationToken cancellation)
    {
        var source = DeliverySource.Rent();
        var awaited = source.Task;
        await AppendSlowlyAsync(record, source, null, cancellation).ConfigureAwait(false);
        return await awaited.ConfigureAwait(false);
    }

    async ValueTask AppendSlowlyAsync(ProducerRecord<TKey, TValue> record, DeliverySource? source, object? state, CancellationToken cancellation)
    {
        using var turn = await line.JoinAsync().ConfigureAwait(false);
        var topic = await queue.OpenAsync(record.Topic, cancellation).ConfigureAwait(false);
        while (!TryAppend(topic, record, source, state)) await queue.RoomAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Takes a record, to be sent with others. It waits only for room.</summary>
    public ValueTask EnqueueAsync(string topic, TKey key, TValue value, CancellationToken cancellation = default) => EnqueueAsync(new(topic, key, value), null, cancellation);

    /// <summary>
    /// Takes a record, to be sent with others. It waits only for room. What was not delivered in the end is told by
    /// <see cref="ProducerOptions.OnDelivery"/> if it is set, and else by <see cref="FlushAsync"/>, which throws.
    /// </summary>
    /// <param name="state">Comes back with the report.</param>
    public ValueTask EnqueueAsync(in ProducerRecord<TKey, TValue> record, object? state = null, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        if (KafkaTelemetry.Source.HasListeners())
        {
            // It ends where the record is taken: nobody waits here for what becomes of it.
            var headers = record.Headers;
            using var activity = TraceHeaders.Begin(record.Topic, ref headers);
            return EnqueueUntracedAsync(record with { Headers = headers }, state, cancellation);
        }
        return EnqueueUntracedAsync(record, state, cancellation);
    }

    ValueTask EnqueueUntracedAsync(in ProducerRecord<TKey, TValue> record, object? state, CancellationToken cancellation) =>
        line.IsEmpty && queue.Find(record.Topic) is { } topic && TryAppend(topic, record, null, state) ? default : AppendSlowlyAsync(record, null, state, cancellation);

    /// <summary>Ends when all that was taken before is written.</summary>
    /// <exception cref="KafkaException">Records that were queued and that no handler hears of could not be delivered.</exception>
    public ValueTask FlushAsync(CancellationToken cancellation = default) => queue.FlushAsync(cancellation);

    /// <summary>Begins a transaction: all that is sent until it ends is part of it. The first one takes the <see cref="ProducerOptions.TransactionalId"/> over from whoever had it.</summary>
    public async ValueTask<Transaction> BeginTransactionAsync(CancellationToken cancellation = default)
    {
        await queue.BeginAsync(cancellation).ConfigureAwait(false);
        return new(queue);
    }

    bool TryAppend(TopicQueue topic, in ProducerRecord<TKey, TValue> record, DeliverySource? source, object? state)
    {
        var scratch = Scratch.Mine;
        scratch.Clear();
        var (keyLength, headersLength) = (0, 0);
        var (hasKey, hasValue) = (!KeyMayBeNull || record.Key is not null, !ValueMayBeNull || record.Value is not null);
        if (hasKey)
        {
            keys.Write(record.Key, scratch);
            keyLength = scratch.Length;
        }
        if (record.Headers is { Count: > 0 } headers)
        {
            WriteHeaders(headers, scratch);
            headersLength = scratch.Length - keyLength;
        }
        if (hasValue) values.Write(record.Value, scratch);
        var bytes = scratch.Span;
        return queue.TryAppend(topic, record.Partition, new RecordParts
        {
            HasKey = hasKey,
            Key = bytes[..keyLength],
            HeaderCount = record.Headers?.Count ?? 0,
            Headers = bytes.Slice(keyLength, headersLength),
            HasValue = hasValue,
            Value = bytes[(keyLength + headersLength)..],
            Timestamp = (record.Timestamp ?? time.GetUtcNow()).ToUnixTimeMilliseconds(),
        }, source, state);
    }

    static void WriteHeaders(IReadOnlyList<RecordHeader> headers, RentedBytes output)
    {
        for (var i = 0; i < headers.Count; i++)
        {
            var (name, value) = headers[i];
            var size = Encoding.UTF8.GetByteCount(name);
            var room = output.GetSpan(2 * Varint.MostBytes + size + (value?.Length ?? 0));
            var at = Varint.Write(room, 0, size);
            at += Encoding.UTF8.GetBytes(name, room[at..]);
            at = Varint.Write(room, at, value?.Length ?? -1);
            if (value is { } bytes) bytes.Span.CopyTo(room[at..]);
            output.Advance(at + (value?.Length ?? 0));
        }
    }

    /// <summary>Sends what was taken, and closes. What could not be delivered and nobody heard of is thrown.</summary>
    public ValueTask DisposeAsync() => queue.DisposeAsync();
}

/// <summary>Where a thread turns a record into bytes before it goes into its batch.</summary>
static class Scratch
{
    [ThreadStatic]
    static RentedBytes? mine;

    internal static RentedBytes Mine => mine ??= new RentedBytes(int.MaxValue);
}
