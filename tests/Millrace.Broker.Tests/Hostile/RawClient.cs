using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Millrace.Broker.Tests.Hostile;

/// <summary>A connection over which anything can be sent.</summary>
sealed class RawClient : IDisposable
{
    readonly TcpClient tcp = new() { NoDelay = true };
    readonly NetworkStream stream;

    internal RawClient(int port)
    {
        tcp.Connect(IPAddress.Loopback, port);
        stream = tcp.GetStream();
    }

    /// <summary>False where the broker has ended the connection.</summary>
    internal async Task<bool> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await stream.WriteAsync(bytes);
            return true;
        }
        catch (Exception ended) when (ended is IOException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Lets the broker know that no more comes. Answers still do.</summary>
    internal void EndSending()
    {
        try
        {
            tcp.Client.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // It has ended the connection already.
        }
    }

    /// <summary>All answers until the broker ends the connection. Each must be whole, unless what was sent was thrown away with the connection.</summary>
    internal async Task<List<byte[]>> ReadAllAsync()
    {
        List<byte[]> answers = [];
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        try
        {
            while (await ReadAsync(limit.Token) is { } answer) answers.Add(answer);
        }
        catch (IOException reset) when (reset.InnerException is SocketException)
        {
            // What the broker hadn't read yet was thrown away, and its answers with it.
        }
        return answers;
    }

    /// <summary>The next answer, or null where the connection has ended between two of them.</summary>
    internal async Task<byte[]?> ReadAsync(CancellationToken cancellation)
    {
        var head = new byte[4];
        var there = await stream.ReadAtLeastAsync(head, 4, throwOnEndOfStream: false, cancellation);
        if (there == 0) return null;
        Assert.Equal(4, there);
        var length = BinaryPrimitives.ReadInt32BigEndian(head);
        Assert.InRange(length, 4, 100 << 20);
        var answer = new byte[length];
        Assert.Equal(length, await stream.ReadAtLeastAsync(answer, length, throwOnEndOfStream: false, cancellation));
        return answer;
    }

    public void Dispose() => tcp.Dispose();
}
