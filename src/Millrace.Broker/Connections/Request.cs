using Millrace.Broker.Quotas;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Connections;

/// <summary>What the head of a request says, and who sent it.</summary>
sealed class Request
{
    internal required Connection Connection { get; init; }

    internal required ApiKey Key { get; init; }

    internal required short Version { get; init; }

    internal required int CorrelationId { get; init; }

    internal string ClientId { get; private init; } = "";

    /// <summary>Lies in the connection's buffer: good until the handler first waits.</summary>
    internal ReadOnlyMemory<byte> Body { get; private init; }

    /// <summary>Bytes of the whole request.</summary>
    internal int Size { get; private init; }

    // Where somebody has a quota of threads' time.
    ClientQuotas? quotas;
    TimeProvider time = TimeProvider.System;
    long began;
    TimeSpan? worked, rest;

    internal void Began(ClientQuotas quotas, TimeProvider time) => (this.quotas, this.time, began) = (quotas, time, time.GetTimestamp());

    /// <summary>Its handler waits for the first time. What comes then isn't counted, as little as Apache Kafka counts what comes after its purgatory.</summary>
    internal void Waits()
    {
        if (quotas is not null) worked ??= time.GetElapsedTime(began);
    }

    /// <summary>Counts the time that it kept a thread busy, once, and mutes its connection where that was too much. Answers for how long.</summary>
    internal TimeSpan Charge()
    {
        if (quotas is null) return TimeSpan.Zero;
        if (rest is { } charged) return charged;
        Waits();
        rest = quotas.Take(QuotaKind.RequestTime, this, worked!.Value.TotalSeconds);
        Connection.Mute(rest.Value);
        return rest.Value;
    }

    /// <summary>
    /// Reads the head:
    /// <code>
    ///  | api, 2 bytes | version, 2 | correlation id, 4 | client id: length, 2, and text | tagged fields, of flexible versions |
    /// </code>
    /// </summary>
    internal static Request Read(Connection connection, ReadOnlyMemory<byte> message, ApiTable apis)
    {
        var reader = new WireReader(message);
        var (key, version, correlation) = ((ApiKey)reader.Int16(), reader.Int16(), reader.Int32());
        var client = reader.StringOrNull() ?? "";
        // The head of an unknown version of ApiVersions can still be read: the answer is for those who come with one.
        if (apis.Find(key) is { } api && version >= api.FlexibleFrom)
        {
            reader.Flexible = true;
            reader.SkipTags();
        }
        return new()
        {
            Connection = connection,
            Key = key,
            Version = version,
            CorrelationId = correlation,
            ClientId = client,
            Body = message[reader.Position..],
            Size = message.Length,
        };
    }
}
