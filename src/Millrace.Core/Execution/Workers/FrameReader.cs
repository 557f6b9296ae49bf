using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Millrace.Execution;

/// <summary>Cuts what comes from a socket into frames. A frame's body is read in place: it is valid until the next fill.</summary>
sealed class FrameReader(Socket socket)
{
    const int Longest = 256 * 1024 * 1024;

    byte[] buffer = new byte[16 * 1024];
    int start, end;

    /// <summary>The next frame that has arrived whole.</summary>
    internal bool TryNext(out FrameKind kind, out ReadOnlySpan<byte> body)
    {
        kind = default;
        body = default;
        if (end - start < FrameWriter.HeaderSize) return false;
        var length = BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(start));
        if (length is < 1 or > Longest) throw new InvalidDataException($"A frame claims {length} bytes: the other side does not speak this protocol.");
        if (end - start < sizeof(int) + length) return false;
        kind = (FrameKind)buffer[start + FrameWriter.Kind];
        body = buffer.AsSpan(start + FrameWriter.HeaderSize, length - 1);
        start += sizeof(int) + length;
        return true;
    }

    /// <summary>Waits for more, holding the thread.</summary>
    /// <returns>False when the other side is gone.</returns>
    internal bool Fill()
    {
        try
        {
            return Took(socket.Receive(Room().Span));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <inheritdoc cref="Fill"/>
    internal async ValueTask<bool> FillAsync()
    {
        try
        {
            return Took(await socket.ReceiveAsync(Room(), CancellationToken.None).ConfigureAwait(false));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    internal static T Parse<T>(ReadOnlySpan<byte> body, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(body, type) ?? throw new InvalidDataException($"An empty {typeof(T).Name} came over the socket.");

    Memory<byte> Room()
    {
        if (start == end) start = end = 0;
        if (start > 0 && end == buffer.Length)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
        }
        if (end == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
        return buffer.AsMemory(end);
    }

    bool Took(int read)
    {
        end += read;
        return read > 0;
    }
}
