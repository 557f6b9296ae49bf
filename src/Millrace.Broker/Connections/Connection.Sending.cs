using System.Buffers;
using System.Net.Sockets;

namespace Millrace.Broker.Connections;

sealed partial class Connection
{
    /// <summary>Of an answer that isn't taken, so much is kept in memory, where others need the rest of it. TLS seals as much at a time.</summary>
    const int Morsel = 4096, SealedMorsel = 16_384;

    /// <summary>False where the connection ends with that reply.</summary>
    async ValueTask<bool> SendAsync(Reply reply)
    {
        using (reply)
        {
            if (!reply.IsSilent)
            {
                EnterSending();
                reply.Finish();
                if (reply.HasRecords) await SendRecordsAsync(reply).ConfigureAwait(false);
                else await stream.WriteAsync(reply.Pieces()[0]).ConfigureAwait(false);
                isSending = false;
            }
            if (reply.EndsConnection is not { } why) return true;
            Log.Ends(node.Log, Name, why);
            return false;
        }
    }

    /// <summary>Sends what the client takes at once. What it doesn't take holds no memory that others want.</summary>
    async ValueTask SendRecordsAsync(Reply reply)
    {
        while (true)
        {
            await reply.LoadAsync().ConfigureAwait(false);
            var isFull = stream is not NetworkStream || !TrySendNow(reply);
            if (isFull) await SendMorselAsync(reply).ConfigureAwait(false);
            if (reply.IsSent) return;
            EnterSending();
        }
    }

    /// <summary>Sends as much as the network takes without a wait. False where that isn't all that is in memory.</summary>
    bool TrySendNow(Reply reply)
    {
        if (socket.Blocking) socket.Blocking = false;
        var sent = socket.Send(reply.Pieces(), SocketFlags.None, out var error);
        if (error is not (SocketError.Success or SocketError.WouldBlock)) throw new SocketException((int)error);
        reply.Sent(sent);
        return error == SocketError.Success;
    }

    /// <summary>Returns when the network takes something again. It's a copy that is sent, so that the rest can go meanwhile.</summary>
    async ValueTask SendMorselAsync(Reply reply)
    {
        var morsel = ArrayPool<byte>.Shared.Rent(stream is NetworkStream ? Morsel : SealedMorsel);
        try
        {
            var first = reply.Pieces()[0];
            var count = Math.Min(first.Count, morsel.Length);
            first.AsSpan(0, count).CopyTo(morsel);
            reply.Sent(count);
            var sending = stream.WriteAsync(morsel.AsMemory(0, count));
            if (sending.IsCompletedSuccessfully) return;
            reply.Rest();
            await sending.ConfigureAwait(false);
            reply.Resume();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(morsel);
        }
    }
}
