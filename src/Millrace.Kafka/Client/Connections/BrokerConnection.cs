using System.Buffers.Binary;
using System.Net.Sockets;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Connections;

/// <summary>One connection to a broker. Requests go out one after the other without waiting; answers come in the same order.</summary>
sealed class BrokerConnection : IAsyncDisposable
{
    const int MostResponseBytes = 1 << 30;

    readonly Stream stream;
    readonly KafkaOptions options;
    readonly SemaphoreSlim writing = new(1, 1);
    readonly Queue<Exchange> waiting = [];
    readonly ITimer watch;
    KafkaException? failure;
    Task receiving = Task.CompletedTask;
    int correlation;
    long writeDeadline = long.MaxValue;

    internal BrokerConnection(Stream stream, BrokerAddress address, KafkaOptions options)
    {
        (this.stream, this.options, Address) = (stream, options, address);
        watch = options.Time.CreateTimer(static me => ((BrokerConnection)me!).EndOverdue(), this, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    internal BrokerAddress Address { get; }

    internal BrokerVersions Versions { get; set; } = new(new());

    internal bool IsOpen => Volatile.Read(ref failure) is null;

    internal void Start() => receiving = Task.Run(ReceiveAsync);

    /// <summary>Asks, in the newest version that both know.</summary>
    /// <param name="most">The newest version to use.</param>
    /// <param name="patience">How long the broker may think on top of the usual.</param>
    internal ValueTask<TResponse> AskAsync<TRequest, TResponse>(TRequest request, CancellationToken cancellation, short most = short.MaxValue, TimeSpan patience = default)
        where TRequest : IMessage<TRequest> where TResponse : IMessage<TResponse> =>
        AskAsync<TRequest, TResponse>(request, Versions.Pick<TRequest>(most), patience, cancellation);

    internal async ValueTask<TResponse> AskAsync<TRequest, TResponse>(TRequest request, short version, TimeSpan patience, CancellationToken cancellation)
        where TRequest : IMessage<TRequest> where TResponse : IMessage<TResponse>
    {
        using var writer = new WireWriter();
        var exchange = new AwaitedExchange();
        Begin<TRequest>(writer, version, exchange);
        try
        {
            request.Write(writer, version);
        }
        catch (WireException old)
        {
            throw new KafkaException(ErrorCode.UnsupportedVersion, $"The broker {Address} is too old for this, its newest {TRequest.Api} is version {version}: {old.Message}", old);
        }
        writer.SetInt32(0, writer.Length - 4);
        await SendAsync(exchange, writer.Written, patience).ConfigureAwait(false);
        using var frame = await exchange.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return frame.Read<TResponse>(version);
        }
        catch (WireException broken)
        {
            throw Close(new KafkaException(ErrorCode.CorruptMessage, $"The broker {Address} answered {TRequest.Api} with what can't be read: {broken.Message}", broken));
        }
    }

    /// <summary>Writes the head of a request. The length at the very beginning is for the caller to set.</summary>
    internal void Begin<TRequest>(WireWriter writer, short version, Exchange exchange) where TRequest : IMessage<TRequest>
    {
        exchange.Correlation = Interlocked.Increment(ref correlation);
        writer.Int32(0);
        writer.Int16((short)TRequest.Api);
        writer.Int16(version);
        writer.Int32(exchange.Correlation);
        writer.Flexible = false;
        writer.String(options.ClientId);
        writer.Flexible = version >= TRequest.FlexibleFrom;
        writer.NoTags();
    }

    /// <summary>Sends a request that is written. When this fails, the exchange has failed; it doesn't throw.</summary>
    internal async ValueTask SendAsync(Exchange exchange, ReadOnlyMemory<byte> request, TimeSpan patience = default)
    {
        if (!await EnterAsync(exchange, patience).ConfigureAwait(false)) return;
        try
        {
            await stream.WriteAsync(request).ConfigureAwait(false);
        }
        catch (Exception lost) when (IsLoss(lost))
        {
            Lose(exchange, lost);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Sends a request that lies in pieces.</summary>
    internal async ValueTask SendAsync(Exchange exchange, List<ReadOnlyMemory<byte>> pieces)
    {
        if (!await EnterAsync(exchange, default).ConfigureAwait(false)) return;
        try
        {
            foreach (var piece in pieces) await stream.WriteAsync(piece).ConfigureAwait(false);
        }
        catch (Exception lost) when (IsLoss(lost))
        {
            Lose(exchange, lost);
        }
        finally
        {
            Leave();
        }
    }

    void Leave()
    {
        Volatile.Write(ref writeDeadline, long.MaxValue);
        writing.Release();
    }

    static bool IsLoss(Exception lost) => lost is IOException or ObjectDisposedException or SocketException;

    void Lose(Exchange exchange, Exception lost)
    {
        var why = Close(Lost(lost));
        if (!exchange.IsAnswered) exchange.Fail(why);
    }

    /// <summary>Waits for its turn. False when the connection is closed; the exchange has failed then.</summary>
    async ValueTask<bool> EnterAsync(Exchange exchange, TimeSpan patience)
    {
        await writing.WaitAsync().ConfigureAwait(false);
        exchange.Deadline = options.Time.GetTimestamp() + (long)((options.RequestTimeout + patience).TotalSeconds * options.Time.TimestampFrequency);
        KafkaException? closed;
        lock (waiting)
        {
            closed = failure;
            if (closed is null && exchange.IsAnswered) waiting.Enqueue(exchange);
        }
        // Of requests that nobody answers this is all there is to notice a network that takes nothing.
        Volatile.Write(ref writeDeadline, exchange.Deadline);
        if (closed is null) return true;
        Leave();
        exchange.Fail(closed);
        return false;
    }

    async Task ReceiveAsync()
    {
        var buffer = new byte[16 * 1024];
        var (start, end) = (0, 0);
        try
        {
            while (true)
            {
                while (end - start < 4)
                {
                    buffer.AsSpan(start, end - start).CopyTo(buffer);
                    (start, end) = (0, end - start);
                    var read = await stream.ReadAsync(buffer.AsMemory(end)).ConfigureAwait(false);
                    if (read == 0) throw new IOException("The broker ended the connection.");
                    end += read;
                }
                var size = BinaryPrimitives.ReadInt32BigEndian(buffer.AsSpan(start));
                if (size is < 4 or > MostResponseBytes) throw new IOException($"The broker announced an answer of {size:N0} bytes: it may not be a Kafka broker, or one that speaks TLS.");
                start += 4;
                var frame = new ResponseFrame(size);
                var here = Math.Min(size, end - start);
                buffer.AsSpan(start, here).CopyTo(frame.Memory.Span);
                start += here;
                if (here < size) await stream.ReadExactlyAsync(frame.Memory[here..]).ConfigureAwait(false);
                Deliver(frame);
            }
        }
        catch (Exception lost) when (IsLoss(lost))
        {
            Close(Lost(lost));
        }
    }

    void Deliver(ResponseFrame frame)
    {
        Exchange? exchange;
        lock (waiting) waiting.TryDequeue(out exchange);
        if (exchange?.Correlation == frame.Correlation)
        {
            exchange.Answer(frame);
            return;
        }
        frame.Dispose();
        var confused = Lost(new IOException("The broker answered a request that wasn't its turn."));
        exchange?.Fail(confused);
        throw new IOException(confused.Message);
    }

    void EndOverdue()
    {
        var now = options.Time.GetTimestamp();
        bool isOverdue;
        // All of them: some requests may take longer than others behind them.
        lock (waiting) isOverdue = Volatile.Read(ref writeDeadline) < now || waiting.Any(e => e.Deadline < now);
        if (isOverdue) Close(new KafkaException(ErrorCode.RequestTimedOut, $"The broker {Address} did not answer within {options.RequestTimeout.TotalSeconds:0.#} s. Check the network, or raise KafkaOptions.RequestTimeout."));
    }

    KafkaException Lost(Exception cause) => new(ErrorCode.NetworkException, $"The connection to the broker {Address} was lost: {cause.Message}", cause);

    /// <summary>Ends the connection and all that waits on it. The first reason is the one that counts.</summary>
    KafkaException Close(KafkaException why)
    {
        Exchange[] left;
        lock (waiting)
        {
            if (failure is not null) return failure;
            failure = why;
            left = [.. waiting];
            waiting.Clear();
        }
        watch.Dispose();
        stream.Dispose();
        foreach (var exchange in left) exchange.Fail(why);
        return why;
    }

    public async ValueTask DisposeAsync()
    {
        Close(new KafkaException(ErrorCode.NetworkException, $"The connection to the broker {Address} was closed by us."));
        await receiving.ConfigureAwait(false);
    }
}
