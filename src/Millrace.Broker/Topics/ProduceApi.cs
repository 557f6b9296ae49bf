using System.Runtime.InteropServices;
using Millrace.Broker.Connections;
using Millrace.Broker.Logs;
using Millrace.Broker.Quotas;
using Millrace.Broker.Security;
using Millrace.Kafka.Compression;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;
using Microsoft.Extensions.Logging;
using Written = Millrace.Kafka.Wire.ProduceResponse.TopicProduceResponse.PartitionProduceResponse;

namespace Millrace.Broker.Topics;

/// <summary>
/// Appends records. All is appended before the first wait, in the order in which requests came; what is waited for is the disk.
/// </summary>
static partial class ProduceApi
{
    internal static Api Create(BrokerNode node) => Api.By<ProduceRequest>((request, asked) => HandleAsync(node, request, asked)) with
    {
        IsPipelined = true,
        // librdkafka takes a broker that doesn't name the oldest versions for one without compression.
        Advertised = 0,
    };

    static async ValueTask<Reply> HandleAsync(BrokerNode node, Request request, ProduceRequest asked)
    {
        var work = new ProduceWork(node, request, asked);
        work.AppendAll();
        // Before the first wait, so that no request more is read of a client that is over its quota.
        request.Charge();
        var rest = node.Quotas.Take(QuotaKind.Produced, request, work.Bytes);
        request.Connection.Mute(rest);
        work.Response.ThrottleTimeMs = (int)rest.TotalMilliseconds;
        // Who wants no answer doesn't wait, and learns of errors by the end of the connection.
        if (asked.Acks == 0) return Reply.Silent(work.FirstError is { } error ? $"A Produce without acknowledgement failed: {error}" : null);
        await work.SafeAsync().ConfigureAwait(false);
        return Api.Respond(request, work.Response);
    }

    sealed class ProduceWork(BrokerNode node, Request request, ProduceRequest asked)
    {
        readonly List<(Written Place, Partition Partition, AppendResult Appended)> unsafeYet = [];

        internal ProduceResponse Response { get; } = new();

        internal ErrorCode? FirstError { get; private set; }

        /// <summary>Bytes of batches that were appended.</summary>
        internal long Bytes { get; private set; }

        internal void AppendAll()
        {
            var mayTransact = asked.TransactionalId is not { } id || node.Security.May(request, AclOperation.Write, ResourceType.TransactionalId, id);
            foreach (var data in asked.TopicData)
            {
                var topic = request.Version >= 13 ? node.Topics.Find(data.TopicId) : node.Topics.Find(data.Name);
                var name = topic?.Name ?? data.Name;
                var error = asked.Acks is not (-1 or 0 or 1) ? ErrorCode.InvalidRequiredAcks
                    : !mayTransact ? ErrorCode.TransactionalIdAuthorizationFailed
                    : !node.Security.May(request, AclOperation.Write, ResourceType.Topic, name) ? ErrorCode.TopicAuthorizationFailed
                    : topic is null ? request.Version >= 13 ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition
                    : ErrorCode.None;
                var response = new ProduceResponse.TopicProduceResponse { Name = data.Name, TopicId = data.TopicId };
                foreach (var part in data.PartitionData)
                {
                    var written = error != ErrorCode.None ? Failed(part.Index, error, null)
                        : topic!.Find(part.Index) is { } partition ? Append(partition, part)
                        : Failed(part.Index, ErrorCode.UnknownTopicOrPartition, null);
                    if (written.ErrorCode != ErrorCode.None) FirstError ??= written.ErrorCode;
                    response.PartitionResponses.Add(written);
                }
                Response.Responses.Add(response);
            }
        }

        Written Append(Partition partition, ProduceRequest.TopicProduceData.PartitionProduceData part)
        {
            if (part.Records is not { } records || !OldMessages.AreIn(records.Span)) return Append(partition, part.Index, MemoryMarshal.AsMemory(part.Records ?? default));
            using var builder = new BatchBuilder(node.Logs.Unpacking);
            try
            {
                return Append(partition, part.Index, MemoryMarshal.AsMemory(OldMessages.ToBatch(records, builder, keepsOffsets: false, BatchCheck.MostUnpacked, node.Logs.Unpacking)));
            }
            catch (Exception wrong) when (wrong is RecordsException or CompressionException)
            {
                return Failed(part.Index, BatchCheck.ErrorOf(wrong), wrong.Message);
            }
        }

        Written Append(Partition partition, int index, Memory<byte> batch)
        {
            var now = node.Now;
            // Waited for here, rare as it is: the batches of a connection are appended in their order.
            if (partition.Topic.IsLeaving && !node.Topics.TryKeep(partition.Topic)) return Failed(index, ErrorCode.KafkaStorageError, "The topic is being deleted, and the disk may have refused that.");
            if (BatchCheck.Of(batch, partition.Topic.Settings, now, node.Logs.Unpacking) is { } refusal) return Failed(index, refusal.Error, refusal.Message);
            if (BatchHeader.TotalLength(batch.Span) != batch.Length) return Failed(index, ErrorCode.InvalidRecord, "A request carries one batch for each partition.");
            try
            {
                var result = node.Transactions.Append(request, asked.TransactionalId, partition, batch, now);
                if (result.Error != ErrorCode.None) return Failed(index, result.Error, result.Message);
                Bytes += batch.Length;
                node.Meters.Appended(partition, BatchHeader.Count(batch.Span), batch.Length);
                var written = new Written { Index = index, BaseOffset = result.FirstOffset, LogAppendTimeMs = result.AppendTime, LogStartOffset = partition.Log.StartOffset };
                unsafeYet.Add((written, partition, result));
                return written;
            }
            catch (Exception failed) when (failed is IOException or ObjectDisposedException)
            {
                Log.NotAppended(node.Log, partition.Topic.Name, partition.Index, failed.Message);
                return Failed(index, ErrorCode.KafkaStorageError, failed.Message);
            }
        }

        static Written Failed(int index, ErrorCode error, string? message) => new() { Index = index, ErrorCode = error, BaseOffset = -1, ErrorMessage = message };

        /// <summary>Waits until what was appended is safe. What can't be brought to the disk is told so.</summary>
        internal async Task SafeAsync()
        {
            // All of them first: they share the flush.
            var flushes = unsafeYet.Select(p => p.Partition.SafeAsync(p.Appended)).ToList();
            for (var i = 0; i < flushes.Count; i++)
            {
                try
                {
                    await flushes[i].ConfigureAwait(false);
                }
                catch (Exception failed) when (failed is IOException or ObjectDisposedException)
                {
                    var (place, partition, _) = unsafeYet[i];
                    Log.NotAppended(node.Log, partition.Topic.Name, partition.Index, failed.Message);
                    (place.ErrorCode, place.BaseOffset, place.ErrorMessage) = (ErrorCode.KafkaStorageError, -1, failed.Message);
                }
            }
        }
    }

    static partial class Log
    {
        [LoggerMessage(5301, LogLevel.Error, "Records for {Topic}-{Partition} could not be written: {Reason}")]
        internal static partial void NotAppended(ILogger logger, string topic, int partition, string reason);
    }
}
