using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Producing;

/// <summary>Who the producer is: what brokers write once they know it by.</summary>
sealed partial class SendQueue
{
    ProducerIdentity? identity;
    bool isIdentifying;
    KafkaException? unidentified;

    void Identify()
    {
        if (isIdentifying || options.TransactionalId is not null) return;
        isIdentifying = true;
        _ = IdentifyAsync();
    }

    async Task IdentifyAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        for (var tries = 0; identity is null && fatal is null && !closing.IsCancellationRequested; tries++)
        {
            try
            {
                var connection = await client.Metadata.AnyAsync(closing.Token).ConfigureAwait(false);
                var answer = await connection.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionalId = null, TransactionTimeoutMs = int.MaxValue }, closing.Token).ConfigureAwait(false);
                if (answer.ErrorCode == ErrorCode.None) lock (gate) identity = new(answer.ProducerId, answer.ProducerEpoch);
                else throw KafkaException.Of(answer.ErrorCode, "The broker gave the producer no id");
            }
            catch (KafkaException failed)
            {
                lock (gate) unidentified = failed;
                if (!failed.IsRetriable) Doom(failed);
            }
            catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            // What waits expires by itself; until then we ask on.
            PumpAll();
            if (identity is null) await Task.Delay(Wait(tries), time, closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // No record may spend all of its time waiting for one more try.
    TimeSpan Wait(int tries) => KafkaOptions.Backoff(tries) is var wait && wait < options.DeliveryTimeout / 4 ? wait : options.DeliveryTimeout / 4;

    /// <summary>Nothing more can be sent. All that waits has failed.</summary>
    void Doom(KafkaException why)
    {
        lock (gate) fatal ??= why;
        DropWaiting(why);
    }
}
