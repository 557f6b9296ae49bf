using System.Buffers;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Connections;

/// <summary>
/// A response on its way: what was written, with records from the log between. It owns its buffers, until the connection has sent
/// it and disposes it.
/// </summary>
sealed class Reply : IDisposable
{
    /// <summary>Usual answers are no larger, and there are no more of them than connections and what these may have waiting.</summary>
    const int Uncounted = 4096;

    readonly List<(int At, byte[] Buffer, int Length)> records = [];

    internal WireWriter Writer { get; } = new();

    /// <summary>Of a request that wants no response, or whose connection ends without one.</summary>
    internal bool IsSilent { get; private init; }

    /// <summary>Whether the connection ends once it's sent, and why.</summary>
    internal string? EndsConnection { get; init; }

    MemoryBudget? countedIn;
    long counted;

    /// <summary>What to call when the reply has been sent, or never will be.</summary>
    internal Action? Released { get; set; }

    internal static Reply Silent(string? endsConnection = null) => new() { IsSilent = true, EndsConnection = endsConnection };

    /// <summary>Bytes by themselves, as old clients take the messages of SASL.</summary>
    internal static Reply Bare(ReadOnlySpan<byte> message)
    {
        var reply = new Reply();
        reply.Writer.Int32(0);
        message.CopyTo(reply.Writer.Take(message.Length));
        return reply;
    }

    internal static Reply Begin(Request request, bool flexibleHead, string? endsConnection = null)
    {
        var reply = new Reply { EndsConnection = endsConnection };
        reply.Writer.Int32(0);
        reply.Writer.Int32(request.CorrelationId);
        if (!flexibleHead) return reply;
        reply.Writer.Flexible = true;
        reply.Writer.NoTags();
        return reply;
    }

    /// <summary>Puts bytes in that aren't copied. The buffer is rented, and the reply's from now on.</summary>
    internal void Insert(byte[] buffer, int length) => records.Add((Writer.Length, buffer, length));

    internal int Length => Writer.Length + records.Sum(r => r.Length);

    /// <summary>Counts what was written, until it has been sent. It's there already, so it waits for nothing.</summary>
    internal void CountIn(MemoryBudget memory)
    {
        if (Writer.Length <= Uncounted) return;
        (countedIn, counted) = (memory, Writer.Length);
        memory.Force(counted);
    }

    /// <summary>The bytes to send, in order.</summary>
    internal List<ArraySegment<byte>> Pieces()
    {
        Writer.SetInt32(0, Length - sizeof(int));
        var pieces = new List<ArraySegment<byte>>(records.Count * 2 + 1);
        var from = 0;
        foreach (var (at, buffer, length) in records)
        {
            if (at > from) pieces.Add(Written(from, at));
            pieces.Add(new(buffer, 0, length));
            from = at;
        }
        if (Writer.Length > from) pieces.Add(Written(from, Writer.Length));
        return pieces;
    }

    ArraySegment<byte> Written(int from, int to) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(Writer.Written[from..to], out var segment) ? segment : throw new InvalidOperationException("A writer keeps its bytes in an array.");

    public void Dispose()
    {
        foreach (var (_, buffer, _) in records) ArrayPool<byte>.Shared.Return(buffer);
        records.Clear();
        Writer.Dispose();
        Released?.Invoke();
        Released = null;
        countedIn?.Return(counted);
        countedIn = null;
    }
}
