using System.Buffers;
using System.Buffers.Binary;
using Millrace.Broker.Files;
using Millrace.Kafka.Records;

namespace Millrace.Broker.Logs;

/// <summary>
/// The states of all logs at a moment when what they tell of was on the disk, in one file:
/// <code>
///  | MILLCHK1 | journals done, 8 | logs, 4 | crc, 4 |
///  | length, 4 | crc, 4 | state | ...
/// </code>
/// Journals with a number up to that of the done ones have nothing that the segments lack. A state that doesn't hold costs
/// a reading of the whole log.
/// </summary>
sealed class Checkpoint
{
    internal const string FileName = "checkpoint";
    const int HeadSize = 24;
    static ReadOnlySpan<byte> Magic => "MILLCHK1"u8;

    readonly Dictionary<string, ReadOnlyMemory<byte>> states = [];

    internal long JournalsDone { get; private init; }

    /// <summary>What is there, or null where there is no checkpoint that holds.</summary>
    internal static Checkpoint? Read(DiskFolder folder)
    {
        if (folder.ReadAll(FileName) is not { Length: >= HeadSize } bytes) return null;
        var head = bytes.AsSpan(0, HeadSize);
        if (!head.StartsWith(Magic) || BinaryPrimitives.ReadUInt32BigEndian(head[20..]) != Crc32C.Of(head[..20])) return null;
        var checkpoint = new Checkpoint { JournalsDone = BinaryPrimitives.ReadInt64BigEndian(head[8..]) };
        ReadOnlyMemory<byte> rest = bytes.AsMemory(HeadSize);
        for (var left = BinaryPrimitives.ReadInt32BigEndian(head[16..]); left > 0 && rest.Length >= 8; left--)
        {
            var (length, crc) = (BinaryPrimitives.ReadInt32BigEndian(rest.Span), BinaryPrimitives.ReadUInt32BigEndian(rest.Span[4..]));
            if (length < 0 || length > rest.Length - 8) break;
            var state = rest.Slice(8, length);
            if (Crc32C.Of(state.Span) == crc) checkpoint.states[LogState.Read(state.Span, null).Path] = state;
            rest = rest[(8 + length)..];
        }
        return checkpoint;
    }

    internal LogState? StateOf(string path, ProducerStates producers) => states.TryGetValue(path, out var state) ? LogState.Read(state.Span, producers) : null;

    /// <summary>Collects states one by one, and writes them as the new checkpoint.</summary>
    internal sealed class Writer
    {
        readonly ArrayBufferWriter<byte> bytes = new(4096);
        int count;

        internal Writer()
        {
            bytes.GetSpan(HeadSize);
            bytes.Advance(HeadSize);
        }

        internal void Add(LogState state, IReadOnlyDictionary<long, Producer> producers)
        {
            var body = new ArrayBufferWriter<byte>(256);
            state.Write(body, producers);
            var head = bytes.GetSpan(8);
            BinaryPrimitives.WriteInt32BigEndian(head, body.WrittenCount);
            BinaryPrimitives.WriteUInt32BigEndian(head[4..], Crc32C.Of(body.WrittenSpan));
            bytes.Advance(8);
            bytes.Write(body.WrittenSpan);
            count++;
        }

        internal void Write(DiskFolder folder, long journalsDone)
        {
            var content = bytes.WrittenSpan.ToArray();
            Magic.CopyTo(content);
            BinaryPrimitives.WriteInt64BigEndian(content.AsSpan(8), journalsDone);
            BinaryPrimitives.WriteInt32BigEndian(content.AsSpan(16), count);
            BinaryPrimitives.WriteUInt32BigEndian(content.AsSpan(20), Crc32C.Of(content.AsSpan(0, 20)));
            folder.Replace(FileName, content);
        }
    }
}
