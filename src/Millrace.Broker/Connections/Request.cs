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

    /// <summary>What it asks for, or null where the broker doesn't have that.</summary>
    internal required Api? Api { get; init; }

    /// <summary>Whether the broker has its version.</summary>
    internal bool IsServed => Api is { } api && Version >= api.Oldest && Version <= api.Newest;

    /// <summary>What it says, once that was read.</summary>
    internal object? Message { get; private set; }

    /// <summary>Bytes of memory that its objects take.</summary>
    internal long Held { get; set; }

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
        var api = apis.Find(key);
        if (version >= api?.FlexibleFrom)
        {
            reader.Flexible = true;
            reader.SkipTags();
        }
        return new()
        {
            Connection = connection,
            Key = key,
            Api = api,
            Version = version,
            CorrelationId = correlation,
            ClientId = client,
            Body = message[reader.Position..],
            Size = message.Length,
        };
    }

    // Of the request itself, its reply and what waits for it.
    const int Overhead = 512;
    long taken;

    /// <summary>Reads what it says. False where there is no room for that now.</summary>
    internal bool TryRead(ObjectMemory memory)
    {
        try
        {
            Message = Api!.Read(this, ObjectMemory.Small - Overhead);
        }
        catch (WireException large) when (large.IsTooLarge)
        {
            return false;
        }
        Held += Overhead;
        if (!memory.TryTake(Held)) return false;
        taken = Held;
        return true;
    }

    /// <summary>The same, when there is room. Its bytes must be good until then.</summary>
    internal async Task ReadAsync(ObjectMemory memory)
    {
        // What a small one takes is known by now.
        var room = Message is null ? memory.MostOf(Body.Length) : Held;
        await memory.TakeAsync(room).ConfigureAwait(false);
        taken = room;
        if (Message is not null) return;
        try
        {
            Message = Api!.Read(this, room - Overhead);
        }
        catch
        {
            Release(memory);
            throw;
        }
        Held += Overhead;
        memory.Trim(room, Held);
        taken = Held;
    }

    /// <summary>Gives back what its objects took. They aren't needed any more.</summary>
    internal void Release(ObjectMemory memory)
    {
        memory.Return(taken);
        (taken, Message) = (0, null);
    }
}
