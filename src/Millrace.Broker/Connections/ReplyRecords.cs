using System.Buffers;
using Millrace.Broker.Logs;

namespace Millrace.Broker.Connections;

/// <summary>
/// Records of one partition in a reply. They are in memory at first. When others need that while the client takes nothing, they are
/// let go, and what was left to send is read from the log again, a piece at a time.
/// </summary>
/// <param name="at">How much was written before them.</param>
/// <param name="buffer">They are in it, and it's rented.</param>
sealed class ReplyRecords(int at, byte[] buffer, int length, RecordsPlace place)
{
    const int Piece = 256 << 10;

    byte[]? buffer = buffer;
    // Of the records, those from start to end are in the buffer.
    int start, end = length;
    int sent;

    internal int At => at;

    internal int Length { get; } = length;

    internal int Left => Length - sent;

    /// <summary>What is to be sent and in memory.</summary>
    internal ArraySegment<byte> There => buffer is null ? default : new(buffer, sent - start, end - sent);

    /// <summary>Bytes of the budget that it holds.</summary>
    internal int Held => buffer is null ? 0 : end - start;

    internal int NextPiece => Math.Min(Left, Piece);

    internal void Load()
    {
        (start, end) = (sent, sent + NextPiece);
        buffer = ArrayPool<byte>.Shared.Rent(end - start);
        place.Read(buffer.AsSpan(0, end - start), start);
    }

    internal int Sent(int most)
    {
        var count = Math.Min(most, end - sent);
        sent += count;
        return count;
    }

    internal void LetGo()
    {
        if (buffer is not null) ArrayPool<byte>.Shared.Return(buffer);
        buffer = null;
    }
}
