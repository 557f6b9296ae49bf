using System.Net.Sockets;
using Millrace.Kafka.Wire;
using Microsoft.Extensions.Logging;

namespace Millrace.Broker.Connections;

sealed partial class Connection
{
    /// <summary>Requests of a connection that may wait for the disk at once.</summary>
    const int MostWaiting = 128;

    /// <summary>Whoever is slower with a whole request is let go.</summary>
    const int SlowestBytesPerSecond = 128 << 10;

    enum Phase { Idle, Receiving, Handling }

    readonly CancellationTokenSource ended = new();
    Task sending = Task.CompletedTask;
    volatile Task muted = Task.CompletedTask;
    int waiting;
    volatile Phase phase;
    long since;
    long receivingSince;
    int receivingBytes;
    // Apart from the phase: answers that waited for the disk are sent while the next request is read or waited for.
    volatile bool isSending;
    long sendingSince;

    /// <summary>Cancelled when the connection ends: nobody waits for the answer any more.</summary>
    internal CancellationToken Ended => ended.Token;

    void Enter(Phase next)
    {
        Volatile.Write(ref since, node.Time.GetTimestamp());
        phase = next;
    }

    internal bool IsIdle => phase == Phase.Idle && !isSending;

    internal bool IsSending => isSending;

    void EnterSending()
    {
        Volatile.Write(ref sendingSince, node.Time.GetTimestamp());
        isSending = true;
    }

    /// <summary>Ends a connection that has been idle for too long, or whose client neither sends what it began nor takes what it asked for.</summary>
    internal void EndIfStuck(TimeSpan idle, TimeSpan stalled)
    {
        var elapsed = node.Time.GetElapsedTime(isSending ? Volatile.Read(ref sendingSince) : Volatile.Read(ref since));
        var (isOver, what) = (isSending, phase) switch
        {
            (true, _) => (elapsed > stalled, "has not taken its response"),
            (_, Phase.Idle) => (elapsed > idle, "has been idle (connections.max.idle.ms)"),
            (_, Phase.Receiving) => (elapsed > stalled || IsTooSlow(stalled), "has not sent the rest of a request"),
            (_, Phase.Handling) => (elapsed > stalled && HasLeft, "has left before it got its answer"),
            _ => (false, ""),
        };
        if (!isOver) return;
        Log.Stuck(node.Log, Name, what, (long)elapsed.TotalSeconds);
        Dispose();
    }

    // Nothing is read while an answer is waited for, so nobody else notices: one that waits for other members may be long in coming.
    bool HasLeft
    {
        get
        {
            try
            {
                return socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                return true;
            }
        }
    }

    // Who sends a byte now and then would else hold the memory of a whole request for as long as it likes. No client waits that long for
    // its answer.
    bool IsTooSlow(TimeSpan stalled) => node.Time.GetElapsedTime(Volatile.Read(ref receivingSince)) > stalled + TimeSpan.FromSeconds(Volatile.Read(ref receivingBytes) / SlowestBytesPerSecond);

    void EnterReceiving(int bytes)
    {
        Volatile.Write(ref receivingBytes, bytes);
        Volatile.Write(ref receivingSince, node.Time.GetTimestamp());
        Enter(Phase.Receiving);
    }

    /// <summary>
    /// Reads no further request for a while: the client is over its quota. What it has asked for already is answered, and the answer
    /// says so.
    /// </summary>
    internal void Mute(TimeSpan rest)
    {
        if (rest == TimeSpan.Zero) return;
        var delay = Task.Delay(rest, node.Time, Ended);
        muted = muted.IsCompleted ? delay : Task.WhenAll(muted, delay);
    }

    async ValueTask<bool> AnswerAsync(Request? request, ValueTask<Reply> reply)
    {
        if (request?.Api is { WaitsForOthers: true } && !reply.IsCompleted)
        {
            request.Release(node.Objects);
            reply = new(UntilEndedAsync(reply.AsTask()));
        }
        if (request?.Api is { IsPipelined: true } && waiting < MostWaiting && !(reply.IsCompleted && sending.IsCompleted))
        {
            Interlocked.Increment(ref waiting);
            sending = SendAfterAsync(sending, request, reply);
            return true;
        }
        Reply ready;
        try
        {
            ready = await reply.ConfigureAwait(false);
            ready.CountIn(node.AnswerMemory);
        }
        finally
        {
            request?.Release(node.Objects);
        }
        await AfterAsync(sending, ready).ConfigureAwait(false);
        return await SendAsync(ready).ConfigureAwait(false);
    }

    /// <summary>An answer that others have to say something for. Nobody waits for them longer than there is a connection: they may never come.</summary>
    async Task<Reply> UntilEndedAsync(Task<Reply> reply)
    {
        try
        {
            return await reply.WaitAsync(Ended).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _ = reply.ContinueWith(static late => late.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            throw;
        }
    }

    async Task SendAfterAsync(Task earlier, Request request, ValueTask<Reply> reply)
    {
        try
        {
            var ready = await reply.ConfigureAwait(false);
            ready.CountIn(node.AnswerMemory);
            request.Release(node.Objects);
            await AfterAsync(earlier, ready).ConfigureAwait(false);
            if (!await SendAsync(ready).ConfigureAwait(false)) Dispose();
        }
        catch (Exception failure)
        {
            // The loop that reads ends with the socket, and the reason is told here, where it's known.
            if (failure is not (IOException or SocketException or ObjectDisposedException or OperationCanceledException)) Log.Failed(node.Log, Name, failure);
            Dispose();
            throw;
        }
        finally
        {
            request.Release(node.Objects);
            Interlocked.Decrement(ref waiting);
        }
    }

    /// <summary>Waits for what is sent before a reply. Where that fails, the reply gives back what it holds.</summary>
    static async ValueTask AfterAsync(Task earlier, Reply reply)
    {
        if (earlier.IsCompletedSuccessfully) return;
        try
        {
            reply.Rest();
            await earlier.ConfigureAwait(false);
            reply.Resume();
        }
        catch
        {
            reply.Dispose();
            throw;
        }
    }

    static partial class Log
    {
        [LoggerMessage(5101, LogLevel.Warning, "Ended the connection of {Client}: {Reason}")]
        internal static partial void Malformed(ILogger logger, string client, string reason);

        [LoggerMessage(5102, LogLevel.Debug, "The connection of {Client} is gone: {Reason}")]
        internal static partial void Gone(ILogger logger, string client, string reason);

        [LoggerMessage(5103, LogLevel.Error, "A request of {Client} failed, and its connection is ended")]
        internal static partial void Failed(ILogger logger, string client, Exception failure);

        [LoggerMessage(5104, LogLevel.Information, "Ended the connection of {Client}: it {What} for {Seconds} s")]
        internal static partial void Stuck(ILogger logger, string client, string what, long seconds);

        [LoggerMessage(5105, LogLevel.Warning, "Ended the connection of {Client}: {Reason}")]
        internal static partial void Ends(ILogger logger, string client, string reason);
    }
}
