using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Millrace.Broker.Logs;

/// <summary>
/// What a checkpoint keeps of a partition's log: where its last segment ended, and what would else be read from all of its
/// batches.
/// <code>
///  | log id, 8 | segment, 8 | file, 4 | position, 4 | next offset, 8 | first timestamp, 8 | since, 8 | latest timestamp, 8 |
///  | index entries, 4 | cleaned to, 8 | path length, 2 | path |
///  | epochs, 4 | epoch, 4 | offset, 8 | ...
///  | producers, 4 | id, 8 | epoch, 2 | last timestamp, 8 | open since, 8, or -1 | batches, 1 |
///        | first sequence, 4 | last sequence, 4 | offset, 8 | timestamp, 8 | ...
/// </code>
/// </summary>
sealed record LogState
{
    internal string Path { get; init; } = "";
    internal long LogId { get; init; }
    internal long SegmentBase { get; init; }
    internal uint FileId { get; init; }
    internal int Position { get; init; }
    internal long NextOffset { get; init; }
    internal long FirstTimestamp { get; init; }
    internal long Since { get; init; }
    internal long MaxTimestamp { get; init; }
    internal int IndexEntries { get; init; }
    internal long CleanedTo { get; init; }
    internal IReadOnlyList<EpochStart> Epochs { get; init; } = [];

    /// <summary>Adds the state's bytes, and those of producers as they are at this moment.</summary>
    internal void Write(IBufferWriter<byte> output, IReadOnlyDictionary<long, Producer> producers)
    {
        var name = Encoding.UTF8.GetBytes(Path);
        var fixedPart = output.GetSpan(70 + name.Length + 4 + Epochs.Count * 12 + 4);
        var at = fixedPart;
        Put64(ref at, LogId);
        Put64(ref at, SegmentBase);
        Put32(ref at, (int)FileId);
        Put32(ref at, Position);
        Put64(ref at, NextOffset);
        Put64(ref at, FirstTimestamp);
        Put64(ref at, Since);
        Put64(ref at, MaxTimestamp);
        Put32(ref at, IndexEntries);
        Put64(ref at, CleanedTo);
        Put16(ref at, (short)name.Length);
        name.CopyTo(at);
        at = at[name.Length..];
        Put32(ref at, Epochs.Count);
        foreach (var (epoch, offset) in Epochs)
        {
            Put32(ref at, epoch);
            Put64(ref at, offset);
        }
        Put32(ref at, producers.Count);
        output.Advance(fixedPart.Length - at.Length);
        foreach (var (id, producer) in producers) Write(output, id, producer);
    }

    static void Write(IBufferWriter<byte> output, long id, Producer producer)
    {
        var size = 27 + producer.Batches.Count * 24;
        var at = output.GetSpan(size);
        Put64(ref at, id);
        Put16(ref at, producer.Epoch);
        Put64(ref at, producer.LastTimestamp);
        Put64(ref at, producer.OpenSince ?? -1);
        at[0] = (byte)producer.Batches.Count;
        at = at[1..];
        foreach (var batch in producer.Batches)
        {
            Put32(ref at, batch.First);
            Put32(ref at, batch.Last);
            Put64(ref at, batch.Offset);
            Put64(ref at, batch.Timestamp);
        }
        output.Advance(size);
    }

    /// <summary>Reads a state, and the producers into a place of theirs.</summary>
    internal static LogState Read(ReadOnlySpan<byte> bytes, ProducerStates? producers)
    {
        var at = bytes;
        var state = new LogState
        {
            LogId = Take64(ref at),
            SegmentBase = Take64(ref at),
            FileId = (uint)Take32(ref at),
            Position = Take32(ref at),
            NextOffset = Take64(ref at),
            FirstTimestamp = Take64(ref at),
            Since = Take64(ref at),
            MaxTimestamp = Take64(ref at),
            IndexEntries = Take32(ref at),
            CleanedTo = Take64(ref at),
        };
        var nameLength = Take16(ref at);
        state = state with { Path = Encoding.UTF8.GetString(at[..nameLength]) };
        at = at[nameLength..];
        var epochs = new EpochStart[Take32(ref at)];
        for (var i = 0; i < epochs.Length; i++) epochs[i] = new(Take32(ref at), Take64(ref at));
        state = state with { Epochs = epochs };
        if (producers is null) return state;
        producers.Clear();
        for (var left = Take32(ref at); left > 0; left--) ReadProducer(ref at, producers);
        return state;
    }

    static void ReadProducer(ref ReadOnlySpan<byte> at, ProducerStates producers)
    {
        var id = Take64(ref at);
        var producer = new Producer { Epoch = Take16(ref at), LastTimestamp = Take64(ref at) };
        var open = Take64(ref at);
        producer.OpenSince = open < 0 ? null : open;
        var batches = at[0];
        at = at[1..];
        for (; batches > 0; batches--) producer.Batches.Add(new(Take32(ref at), Take32(ref at), Take64(ref at), Take64(ref at)));
        producers.Restore(id, producer);
    }

    static void Put64(ref Span<byte> at, long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(at, value);
        at = at[8..];
    }

    static void Put32(ref Span<byte> at, int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(at, value);
        at = at[4..];
    }

    static void Put16(ref Span<byte> at, short value)
    {
        BinaryPrimitives.WriteInt16BigEndian(at, value);
        at = at[2..];
    }

    static long Take64(ref ReadOnlySpan<byte> at)
    {
        var value = BinaryPrimitives.ReadInt64BigEndian(at);
        at = at[8..];
        return value;
    }

    static int Take32(ref ReadOnlySpan<byte> at)
    {
        var value = BinaryPrimitives.ReadInt32BigEndian(at);
        at = at[4..];
        return value;
    }

    static short Take16(ref ReadOnlySpan<byte> at)
    {
        var value = BinaryPrimitives.ReadInt16BigEndian(at);
        at = at[2..];
        return value;
    }
}
