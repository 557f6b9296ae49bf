using Millrace.Kafka.Connections;
using Millrace.Kafka.Wire;
using Listed = Millrace.Kafka.Wire.MetadataResponse.MetadataResponseTopic;

namespace Millrace.Kafka;

public sealed partial class KafkaAdmin
{
    /// <summary>Creates a topic. When the task ends, it can be used.</summary>
    /// <param name="partitions">Null for as many as the broker is set to.</param>
    /// <param name="replication">How many brokers have a copy of each partition. Null for as many as the broker is set to.</param>
    /// <param name="configs">Settings by Kafka's names, such as <c>retention.ms</c>.</param>
    public async ValueTask CreateTopicAsync(string topic, int? partitions = null, int? replication = null, IReadOnlyDictionary<string, string>? configs = null, CancellationToken cancellation = default)
    {
        await ChangeTopicAsync($"Topic '{topic}' can't be created", ErrorCode.TopicAlreadyExists, async broker =>
        {
            // Before this version brokers couldn't be asked for what they are set to.
            var usual = broker.Versions.Pick<CreateTopicsRequest>() >= 4 ? -1 : 1;
            var answer = await broker.AskAsync<CreateTopicsRequest, CreateTopicsResponse>(new()
            {
                timeoutMs = RequestMilliseconds,
                Topics =
                [
                    new()
                    {
                        Name = topic,
                        NumPartitions = partitions ?? usual,
                        ReplicationFactor = (short)Math.Clamp(replication ?? usual, short.MinValue, short.MaxValue),
                        Configs = [.. (configs ?? new Dictionary<string, string>()).Select(c => new CreateTopicsRequest.CreatableTopic.CreatableTopicConfig { Name = c.Key, Value = c.Value })],
                    },
                ],
            }, cancellation, patience: answering).ConfigureAwait(false);
            return answer.Topics is [var result] ? (result.ErrorCode, result.ErrorMessage) : NoAnswer;
        }, cancellation).ConfigureAwait(false);
        await SeeAsync(topic, 1, cancellation).ConfigureAwait(false);
    }

    /// <summary>Adds partitions to a topic. Keys that came to one partition so far may come to another then.</summary>
    /// <param name="total">How many it shall have.</param>
    public async ValueTask AddPartitionsAsync(string topic, int total, CancellationToken cancellation = default)
    {
        await ChangeTopicAsync($"Topic '{topic}' can't be given {total} partitions", ErrorCode.InvalidPartitions, async broker =>
        {
            var answer = await broker.AskAsync<CreatePartitionsRequest, CreatePartitionsResponse>(new()
            {
                TimeoutMs = RequestMilliseconds,
                Topics = [new() { Name = topic, Count = total, Assignments = null }],
            }, cancellation, patience: answering).ConfigureAwait(false);
            return answer.Results is [var result] ? (result.ErrorCode, result.ErrorMessage) : NoAnswer;
        }, cancellation).ConfigureAwait(false);
        await SeeAsync(topic, total, cancellation).ConfigureAwait(false);
    }

    /// <summary>Deletes a topic with all its records.</summary>
    public async ValueTask DeleteTopicAsync(string topic, CancellationToken cancellation = default)
    {
        await ChangeTopicAsync($"Topic '{topic}' can't be deleted", ErrorCode.UnknownTopicOrPartition, async broker =>
        {
            var isList = broker.Versions.Pick<DeleteTopicsRequest>() >= 6;
            var request = new DeleteTopicsRequest { TimeoutMs = RequestMilliseconds };
            if (isList) request.Topics.Add(new() { Name = topic });
            else request.TopicNames.Add(topic);
            var answer = await broker.AskAsync<DeleteTopicsRequest, DeleteTopicsResponse>(request, cancellation, patience: answering).ConfigureAwait(false);
            return answer.Responses is [var result] ? (result.ErrorCode, result.ErrorMessage) : NoAnswer;
        }, cancellation).ConfigureAwait(false);
        kafka.Metadata.Forget(topic);
    }

    /// <summary>Every topic, by name.</summary>
    /// <param name="withInternal">Also those in which brokers keep their own things.</param>
    public ValueTask<IReadOnlyList<TopicDescription>> ListTopicsAsync(bool withInternal = false, CancellationToken cancellation = default) => PersistAsync<IReadOnlyList<TopicDescription>>(async () =>
    {
        var answer = await MetadataAsync(null, cancellation).ConfigureAwait(false);
        return [.. answer.Topics.Where(t => t is { Name: not null, ErrorCode: ErrorCode.None or ErrorCode.LeaderNotAvailable } && (withInternal || !t.IsInternal)).Select(Read).OrderBy(t => t.Name, StringComparer.Ordinal)];
    }, cancellation);

    public ValueTask<TopicDescription> DescribeTopicAsync(string topic, CancellationToken cancellation = default) => PersistAsync(async () =>
    {
        var answer = await MetadataAsync([topic], cancellation).ConfigureAwait(false);
        var found = answer.Topics.Find(t => t.Name == topic);
        Check(found?.ErrorCode ?? ErrorCode.UnknownTopicOrPartition, $"Topic '{topic}' can't be described");
        return Read(found!);
    }, cancellation);

    static TopicDescription Read(Listed topic) => new(topic.Name!, topic.TopicId, topic.IsInternal,
        [.. topic.Partitions.OrderBy(p => p.PartitionIndex).Select(p => new PartitionDescription(p.PartitionIndex, p.LeaderId < 0 ? null : p.LeaderId, p.LeaderEpoch, p.ReplicaNodes, p.IsrNodes, p.OfflineReplicas))]);

    static readonly (ErrorCode, string?) NoAnswer = (ErrorCode.UnknownServerError, "the broker's answer doesn't speak of it");

    /// <param name="done">What a broker says when somebody has done it: we may have, if an earlier answer was lost.</param>
    async ValueTask ChangeTopicAsync(string what, ErrorCode done, Func<BrokerConnection, ValueTask<(ErrorCode Code, string? Said)>> ask, CancellationToken cancellation)
    {
        var isInDoubt = false;
        await PersistAsync(async () =>
        {
            var broker = await ControllerAsync(cancellation).ConfigureAwait(false);
            try
            {
                var (code, said) = await ask(broker).ConfigureAwait(false);
                if (!isInDoubt || code != done) Check(code, what, said);
            }
            catch (KafkaException lost) when (lost.Code is ErrorCode.NetworkException or ErrorCode.RequestTimedOut)
            {
                isInDoubt = true;
                throw;
            }
            return true;
        }, cancellation).ConfigureAwait(false);
    }

    /// <summary>Waits until brokers tell of what the controller has done.</summary>
    async ValueTask SeeAsync(string topic, int partitions, CancellationToken cancellation)
    {
        var started = kafka.Options.Time.GetTimestamp();
        for (var tries = 0; kafka.Options.Time.GetElapsedTime(started) < kafka.Options.RetryTimeout; tries++)
        {
            try
            {
                var view = kafka.Metadata.View;
                var known = await kafka.Metadata.TopicAsync(topic, mayCreate: false, cancellation).ConfigureAwait(false);
                if (known.Partitions.Length >= partitions && known.Partitions.All(p => p.Leader >= 0)) return;
                await kafka.Metadata.RefreshAsync(view).WaitAsync(cancellation).ConfigureAwait(false);
            }
            // It is done; who may not look at topics doesn't wait for it.
            catch (KafkaException unseen) when (!unseen.IsRetriable)
            {
                return;
            }
            catch (KafkaException)
            {
                // Not yet.
            }
            await Task.Delay(KafkaOptions.Backoff(tries), kafka.Options.Time, cancellation).ConfigureAwait(false);
        }
    }
}
