using System.Net.Sockets;
using System.Text.Json.Serialization.Metadata;

namespace Millrace.Execution;

/// <summary>Frames to one worker. Adding never waits; what is added while a send is under way goes out with the next one.</summary>
sealed class Outbox
{
    readonly Lock gate = new();
    FrameWriter filling = new(), sent = new();
    Socket? socket;
    bool isSending;
    volatile bool hasFrames;

    internal void Connect(Socket to)
    {
        lock (gate) socket = to;
    }

    internal void Add<T>(FrameKind kind, T body, JsonTypeInfo<T> type)
    {
        lock (gate)
        {
            filling.Add(kind, body, type);
            hasFrames = true;
        }
    }

    /// <summary>Sends what there is; mostly it is in the socket's buffer when this returns.</summary>
    internal void Flush()
    {
        if (!hasFrames) return;
        lock (gate)
        {
            if (isSending || socket is null) return;
            isSending = true;
        }
        _ = SendAsync(socket);
    }

    async Task SendAsync(Socket to)
    {
        while (true)
        {
            lock (gate)
            {
                sent.Clear();
                if (filling.Length == 0)
                {
                    isSending = hasFrames = false;
                    return;
                }
                (filling, sent) = (sent, filling);
            }
            try
            {
                for (var left = sent.Bytes; left.Length > 0;) left = left[await to.SendAsync(left, SocketFlags.None, CancellationToken.None).ConfigureAwait(false)..];
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The worker is gone; whoever reads its socket notices and clears up. Nothing more goes out here.
                return;
            }
        }
    }
}
