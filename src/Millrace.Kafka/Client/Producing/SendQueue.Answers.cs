using Microsoft.Extensions.Logging;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Producing;

/// <summary>What becomes of batches that were sent.</summary>
sealed partial class SendQueue
{
    /// <summary>Takes the outcome of a request: what was written is done, what may still succeed is sent again, the rest has failed.</summary>
    internal void Settle(ProduceExchange exchange)
    {
        var node = exchange.Node;
        try
        {
            if (exchange.Frame is { } frame) ReadAnswer(exchange, frame);
        }
        catch (WireException broken)
        {
            client.Options.Logger.LogAnswerBroken(node.Node, broken.Message);
        }
        foreach (var (queue, batch) in exchange.Batches)
        {
            var error = exchange.Failure?.Code ?? (exchange.IsAnswered ? ErrorCode.CorruptMessage : ErrorCode.None);
            Decide(queue, batch, new(queue.Partition.Partition, error, -1, -1, exchange.Failure?.Message ?? "The broker's answer doesn't name the partition."), isUncertain: error != ErrorCode.None && exchange.MayHaveLeft, exchange.Failure);
        }
        lock (gate)
        {
            node.InFlight--;
            exchange.Batches.Clear();
            spareExchanges.Push(exchange);
        }
        Pump(node);
    }

    void ReadAnswer(ProduceExchange exchange, Connections.ResponseFrame frame)
    {
        using (frame)
        {
            var answer = new ProduceAnswer(frame.Open(exchange.Version >= ProduceResponse.FlexibleFrom), exchange.Version);
            while (answer.Read(out var result))
            {
                for (var i = 0; i < exchange.Batches.Count; i++)
                {
                    var (queue, batch) = exchange.Batches[i];
                    if (queue.Partition.Partition != result.Partition || (exchange.Version >= 13 ? queue.TopicId != answer.TopicId : queue.Partition.Topic != answer.Topic)) continue;
                    exchange.Batches.RemoveAt(i);
                    Decide(queue, batch, result, isUncertain: Errors.MayBeWritten(result.Error));
                    break;
                }
            }
        }
    }

    /// <param name="failure">Why there is no answer.</param>
    void Decide(PartitionQueue queue, ProduceBatch batch, ProduceResult result, bool isUncertain, KafkaException? failure = null)
    {
        KafkaException? error = null;
        lock (gate)
        {
            queue.InFlight--;
            if (result.Error is ErrorCode.None or ErrorCode.DuplicateSequenceNumber)
            {
                (queue.IsDraining, queue.Failures, queue.LastError) = (false, 0, null);
            }
            else
            {
                batch.MayBeWritten |= isUncertain;
                if (TryAgain(queue, batch, result, failure)) return;
                error = KafkaException.Of(result.Error, $"A batch of {batch.Count:N0} records for {queue.Partition} was refused", result.Message);
                Refused(queue, batch);
                if (options.TransactionalId is not null) FailTransaction(result.Error, error);
            }
            Restart(queue);
        }
        Complete(queue, batch, result.BaseOffset, result.AppendTime, error);
    }

    /// <summary>Puts the batch back if a later attempt may succeed.</summary>
    bool TryAgain(PartitionQueue queue, ProduceBatch batch, ProduceResult result, KafkaException? failure)
    {
        // It came behind a batch that failed, and was never written.
        var isBehind = result.Error == ErrorCode.OutOfOrderSequenceNumber && queue.IsDraining;
        // The broker has forgotten this producer, or has lost records that it had acknowledged. Nothing of this batch is there.
        var isForgotten = options.TransactionalId is null && !isBehind && result.Error is ErrorCode.UnknownProducerId or ErrorCode.OutOfOrderSequenceNumber;
        if (transactionFailure is not null || (!isBehind && !isForgotten && !Errors.IsRetriable(result.Error))) return false;
        queue.LastError = failure ?? KafkaException.Of(result.Error, $"A batch for {queue.Partition} was refused", result.Message);
        KafkaTelemetry.Retried(queue.Partition.Topic);
        queue.PutBack(batch);
        queue.IsDraining = true;
        if (isForgotten)
        {
            client.Options.Logger.LogProducerForgotten(queue.Partition, result.Error);
            queue.RestartAt = 0;
            Bump(queue);
        }
        if (!isBehind)
        {
            queue.NotBefore = time.GetTimestamp() + Ticks(KafkaOptions.Backoff(queue.Failures++));
            if (Errors.IsStale(result.Error)) Refresh();
        }
        Restart(queue);
        List(queue);
        return true;
    }

    /// <summary>Batches behind one that is lost for good take its place.</summary>
    void Refused(PartitionQueue queue, ProduceBatch batch)
    {
        if (!options.Idempotent || batch.Sequence < 0) return;
        queue.IsDraining = true;
        if (batch.MayBeWritten)
        {
            Bump(queue);
            queue.RestartAt = 0;
        }
        else if (queue.RestartAt < 0) queue.RestartAt = batch.Sequence;
    }

    static void Restart(PartitionQueue queue)
    {
        if (queue.InFlight > 0 || queue.RestartAt < 0) return;
        queue.Renumber(queue.RestartAt);
        queue.IsDraining = false;
    }

    void Bump(PartitionQueue queue)
    {
        var epoch = queue.Epoch >= 0 ? queue.Epoch : identity!.Value.Epoch;
        if (epoch == short.MaxValue) fatal = new KafkaException(ErrorCode.InvalidProducerEpoch, "The producer has begun anew too often. Create a new one.");
        else queue.Epoch = (short)(epoch + 1);
    }

    /// <summary>Gives up what has waited too long. What may have been written and what came behind it is given up together: nothing is ever written twice.</summary>
    void Expire(PartitionQueue queue, long now, ref List<(PartitionQueue, ProduceBatch, KafkaException)>? expired)
    {
        var due = queue.Waiting[0].Born + Ticks(options.DeliveryTimeout);
        if (due > now || queue.InFlight > 0)
        {
            WakeAt(Math.Max(due, now + Ticks(TimeSpan.FromMilliseconds(50))));
            return;
        }
        var (isUncertain, firstSequence) = (false, -1);
        for (var i = 0; i < queue.Waiting.Count;)
        {
            var batch = queue.Waiting[i];
            if (batch.Born + Ticks(options.DeliveryTimeout) > now && !(isUncertain && batch.MayBeWritten))
            {
                i++;
                continue;
            }
            isUncertain |= batch.MayBeWritten;
            if (firstSequence < 0) firstSequence = batch.Sequence;
            queue.Waiting.RemoveAt(i);
            (expired ??= []).Add((queue, batch, Expired(queue, batch)));
        }
        // What comes next is tried at once.
        if (queue.Waiting.Count == 0) (queue.Failures, queue.NotBefore) = (0, 0);
        if (!options.Idempotent || firstSequence < 0) return;
        if (isUncertain) Bump(queue);
        queue.Renumber(isUncertain ? 0 : firstSequence);
        queue.IsDraining = false;
    }

    KafkaException Expired(PartitionQueue queue, ProduceBatch batch)
    {
        var last = identity is null ? unidentified ?? queue.LastError : queue.LastError;
        var error = new KafkaException(last?.Code ?? ErrorCode.RequestTimedOut,
            $"{batch.Count:N0} {(batch.Count == 1 ? "record" : "records")} for {queue.Partition} {(batch.Count == 1 ? "was" : "were")} not delivered within {options.DeliveryTimeout.TotalSeconds:0.#} s (ProducerOptions.DeliveryTimeout){(batch.MayBeWritten ? $"; {(batch.Count == 1 ? "it" : "they")} may have been written all the same" : "")}. {(last is null ? "No attempt was made in that time." : $"The last attempt: {last.Message}")}", last);
        if (options.TransactionalId is not null) FailTransaction(error.Code, error);
        return error;
    }

    void Complete(PartitionQueue queue, ProduceBatch batch, long baseOffset, long appendTime, KafkaException? error)
    {
        if (error is null) KafkaTelemetry.Delivered(queue.Partition.Topic, batch.Count, batch.RecordBytes, time.GetElapsedTime(batch.Born));
        else
        {
            KafkaTelemetry.Failed(queue.Partition.Topic, batch.Count, error.Code);
            lock (gate)
            {
                var unheard = batch.UnheardOf(options.OnDelivery is not null);
                lost += unheard;
                if (unheard > 0) firstLoss ??= error;
            }
        }
        batch.Complete(queue.Partition, baseOffset, appendTime, error, options.OnDelivery);
        List<FlushWait>? flushes;
        lock (gate)
        {
            buffered -= batch.RecordBytes;
            live.Remove(batch);
            // Taken only now: until it was removed, whoever flushes counts on it.
            flushes = batch.Flushes;
            if (spareBatches.Count < 64)
            {
                batch.Clear();
                spareBatches.Push(batch);
            }
            else batch.Dispose();
            if (buffered < options.BufferBytes / 2)
                while (roomless.TryDequeue(out var waiting)) waiting.TrySetResult();
        }
        if (flushes is not null)
            foreach (var flush in flushes) flush.Done();
    }
}
