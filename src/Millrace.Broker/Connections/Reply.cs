using Millrace.Broker.Logs;
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

    /// <summary>So many pieces are sent at once.</summary>
    const int MostPieces = 64;

    readonly List<ReplyRecords> records = [];
    MemoryBudget? lender;
    Loan? loan;
    // What was sent: of what was written, and of the records that come next.
    int written, next;

    internal WireWriter Writer { get; } = new();

    /// <summary>Of a request that wants no response, or whose connection ends without one.</summary>
    internal bool IsSilent { get; private init; }

    /// <summary>Whether the connection ends once it's sent, and why.</summary>
    internal string? EndsConnection { get; init; }

    MemoryBudget? countedIn;
    long counted;

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

    /// <summary>Puts records in that aren't copied. The buffer is rented, and the reply's from now on.</summary>
    internal void Insert(byte[] buffer, int length, RecordsPlace place) => records.Add(new(Writer.Length, buffer, length, place));

    /// <summary>Is told of which memory its records are, as many bytes as they have.</summary>
    internal void Owes(MemoryBudget memory)
    {
        lender = memory;
        loan = new(LetGo) { Bytes = records.Sum(r => (long)r.Length) };
    }

    void LetGo()
    {
        foreach (var some in records) some.LetGo();
    }

    internal int Length => Writer.Length + records.Sum(r => r.Length);

    internal bool HasRecords => records.Count > 0;

    /// <summary>Counts what was written, until it has been sent. It's there already, so it waits for nothing.</summary>
    internal void CountIn(MemoryBudget memory)
    {
        if (Writer.Length <= Uncounted) return;
        (countedIn, counted) = (memory, Writer.Length);
        memory.Force(counted);
    }

    /// <summary>Lets others have the memory of its records until <see cref="Resume"/>: the client takes nothing.</summary>
    internal void Rest()
    {
        if (loan is not null) lender!.Rest(loan);
    }

    internal void Resume()
    {
        if (loan is not null) lender!.Resume(loan);
    }

    /// <summary>Writes how long it is: nothing more comes.</summary>
    internal void Finish() => Writer.SetInt32(0, Length - sizeof(int));

    internal bool IsSent => next == records.Count && written == Writer.Length;

    /// <summary>Sees to it that there is something to send: records that were let go are read again.</summary>
    internal async ValueTask LoadAsync()
    {
        if (next == records.Count || written < records[next].At || records[next].There.Count > 0) return;
        var count = records[next].NextPiece;
        await lender!.TakeAsync(count).ConfigureAwait(false);
        loan!.Bytes += count;
        records[next].Load();
    }

    /// <summary>What is to be sent next, in order, as far as it's in memory.</summary>
    internal List<ArraySegment<byte>> Pieces()
    {
        var pieces = new List<ArraySegment<byte>>(Math.Min(2 * (records.Count - next) + 1, MostPieces + 1));
        var from = written;
        for (var i = next; i < records.Count; i++)
        {
            if (records[i].At > from) pieces.Add(Written(from, records[i].At));
            from = records[i].At;
            var there = records[i].There;
            if (there.Count > 0) pieces.Add(there);
            if (there.Count < records[i].Left || pieces.Count >= MostPieces) return pieces;
        }
        if (Writer.Length > from) pieces.Add(Written(from, Writer.Length));
        return pieces;
    }

    /// <summary>Is told that so many bytes of that were sent.</summary>
    internal void Sent(int count)
    {
        while (true)
        {
            var until = next < records.Count ? records[next].At : Writer.Length;
            var some = Math.Min(count, until - written);
            (written, count) = (written + some, count - some);
            if (count == 0) return;
            var current = records[next];
            count -= current.Sent(count);
            if (current.There.Count > 0) continue;
            GiveBack(current);
            if (current.Left == 0) next++;
        }
    }

    void GiveBack(ReplyRecords done)
    {
        if (loan is not null)
        {
            loan.Bytes -= done.Held;
            lender!.Return(done.Held);
        }
        done.LetGo();
    }

    ArraySegment<byte> Written(int from, int to) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(Writer.Written[from..to], out var segment) ? segment : throw new InvalidOperationException("A writer keeps its bytes in an array.");

    public void Dispose()
    {
        // From here on nobody else lets its records go.
        Resume();
        lender?.Return(loan!.Bytes);
        lender = null;
        loan = null;
        LetGo();
        records.Clear();
        Writer.Dispose();
        countedIn?.Return(counted);
        countedIn = null;
    }
}
