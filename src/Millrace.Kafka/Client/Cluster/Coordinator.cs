using Millrace.Kafka.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Cluster;

enum CoordinatorKind : sbyte
{
    Group = 0,
    Transaction = 1,
}

/// <summary>The broker that keeps a group or a transactional id. It is looked up when it is first needed, and again when it has moved.</summary>
sealed class Coordinator(KafkaClient client, ConnectionPool connections, CoordinatorKind kind, string key)
{
    BrokerAddress? known;

    string Thing => kind == CoordinatorKind.Group ? $"group '{key}'" : $"transactional id '{key}'";

    internal async ValueTask<BrokerConnection> ConnectAsync(CancellationToken cancellation)
    {
        if (known is not { } address) known = address = await FindAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await connections.ToAsync(address, cancellation).ConfigureAwait(false);
        }
        catch (KafkaException failed)
        {
            known = null;
            throw new KafkaException(failed.Code, $"The coordinator of {Thing} can't be asked: {failed.Message}", failed);
        }
    }

    async ValueTask<BrokerAddress> FindAsync(CancellationToken cancellation)
    {
        var connection = await client.Metadata.AnyAsync(cancellation).ConfigureAwait(false);
        var isSingle = connection.Versions.Pick<FindCoordinatorRequest>() < 4;
        var answer = await connection.AskAsync<FindCoordinatorRequest, FindCoordinatorResponse>(
            isSingle ? new() { Key = key, KeyType = (sbyte)kind } : new() { CoordinatorKeys = [key], KeyType = (sbyte)kind }, cancellation).ConfigureAwait(false);
        var found = isSingle || answer.Coordinators.Count == 0
            ? (answer.ErrorCode, answer.ErrorMessage, answer.Host, answer.Port)
            : (answer.Coordinators[0].ErrorCode, answer.Coordinators[0].ErrorMessage, answer.Coordinators[0].Host, answer.Coordinators[0].Port);
        return found.ErrorCode == ErrorCode.None ? new(found.Host, found.Port) : throw KafkaException.Of(found.ErrorCode, $"The coordinator of {Thing} was not found", found.ErrorMessage);
    }

    /// <summary>Asks until the coordinator answers with something that trying again can't better, or until <see cref="KafkaOptions.RetryTimeout"/>.</summary>
    /// <param name="worst">The error of an answer.</param>
    internal ValueTask<TResponse> AskAsync<TRequest, TResponse>(TRequest request, Func<TResponse, ErrorCode> worst, CancellationToken cancellation, short most = short.MaxValue, TimeSpan patience = default)
        where TRequest : IMessage<TRequest> where TResponse : IMessage<TResponse> =>
        AskByVersionAsync<TRequest, TResponse>(_ => request, worst, cancellation, most, patience);

    /// <inheritdoc cref="AskAsync"/>
    /// <param name="request">What to ask a broker that knows these versions. It is made for each try: the next one may be for another broker.</param>
    internal async ValueTask<TResponse> AskByVersionAsync<TRequest, TResponse>(Func<BrokerVersions, TRequest> request, Func<TResponse, ErrorCode> worst, CancellationToken cancellation, short most = short.MaxValue, TimeSpan patience = default)
        where TRequest : IMessage<TRequest> where TResponse : IMessage<TResponse>
    {
        var started = client.Options.Time.GetTimestamp();
        for (var tries = 0; ; tries++)
        {
            KafkaException failed;
            try
            {
                var connection = await ConnectAsync(cancellation).ConfigureAwait(false);
                var answer = await connection.AskAsync<TRequest, TResponse>(request(connection.Versions), cancellation, most, patience).ConfigureAwait(false);
                var error = worst(answer);
                if (!IsPassing(error)) return answer;
                if (error is ErrorCode.NotCoordinator or ErrorCode.CoordinatorNotAvailable) known = null;
                failed = KafkaException.Of(error, $"The coordinator of {Thing} did not take {TRequest.Api}");
            }
            catch (KafkaException lost) when (lost.IsRetriable)
            {
                known = null;
                failed = lost;
            }
            if (client.Options.Time.GetElapsedTime(started) >= client.Options.RetryTimeout) throw failed;
            await Task.Delay(KafkaOptions.Backoff(tries), client.Options.Time, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>What the coordinator itself will get over. A group that rebalances is for its members to notice.</summary>
    static bool IsPassing(ErrorCode error) => error is
        ErrorCode.NotCoordinator or ErrorCode.CoordinatorNotAvailable or ErrorCode.CoordinatorLoadInProgress or ErrorCode.ConcurrentTransactions
        or ErrorCode.RequestTimedOut or ErrorCode.UnstableOffsetCommit or ErrorCode.UnknownTopicOrPartition or ErrorCode.KafkaStorageError or ErrorCode.NetworkException;
}
