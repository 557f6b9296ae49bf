using System.Buffers.Binary;
using Millrace.Broker.Files;

namespace Millrace.Broker.Logs;

/// <summary>What journals hold that the segments may lack, by log.</summary>
sealed class JournalPieces
{
    const int Page = 4096;

    readonly DiskFolder folder;
    readonly Dictionary<long, List<JournalPiece>> byLog = [];

    JournalPieces(DiskFolder folder) => this.folder = folder;

    internal long LastNumber { get; private set; }

    /// <summary>What is wrong with a journal, or null: acknowledged records of some partition may be lost.</summary>
    internal string? Damage { get; private set; }

    /// <summary>Reads the journals with a number above that.</summary>
    internal static JournalPieces Find(DiskFolder folder, long done)
    {
        var pieces = new JournalPieces(folder);
        var found = new List<JournalPiece>();
        foreach (var name in folder.Files().Select(f => f.Name).Where(n => n is "journal-0" or "journal-1").Order(StringComparer.Ordinal))
        {
            using var file = folder.Open(name);
            found.AddRange(pieces.Newest(file, name, done));
        }
        foreach (var piece in found.OrderBy(p => p.Number).ThenBy(p => p.Position))
        {
            if (!pieces.byLog.TryGetValue(piece.LogId, out var list)) pieces.byLog.Add(piece.LogId, list = []);
            list.Add(piece);
        }
        return pieces;
    }

    List<JournalPiece> Newest(DiskFile file, string name, long done)
    {
        var all = Scan(file, name);
        if (all.Count == 0) return [];
        var number = all.Max(p => p.Number);
        LastNumber = Math.Max(LastNumber, number);
        all.RemoveAll(p => p.Number != number);
        if (number <= done) return [];
        var expected = 0L;
        foreach (var piece in all)
        {
            if (piece.Durable > expected) Damage = $"The journal '{name}' in '{folder.Path}' doesn't hold at byte {expected:N0}, though it had reached the disk.";
            expected = piece.Position + piece.Length;
        }
        return all;
    }

    /// <summary>All records that hold, of whichever journals had the file.</summary>
    static List<JournalPiece> Scan(DiskFile file, string name)
    {
        var found = new List<JournalPiece>();
        var length = file.Length;
        var head = new byte[Journal.HeadSize];
        var body = Array.Empty<byte>();
        for (var position = 0L; position + Journal.HeadSize <= length;)
        {
            file.Read(head, position);
            var size = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(4));
            if (head.AsSpan().StartsWith(Journal.Magic) && size > 0 && size <= length - position - Journal.HeadSize)
            {
                if (body.Length < size + Journal.HeadSize) body = new byte[size + Journal.HeadSize];
                var record = body.AsSpan(0, Journal.HeadSize + size);
                if (file.Read(record, position) == record.Length && Journal.Crc(record) == BinaryPrimitives.ReadUInt32BigEndian(record[32..]))
                {
                    found.Add(new(name, BinaryPrimitives.ReadInt64BigEndian(record[8..]), BinaryPrimitives.ReadInt64BigEndian(record[16..]), position + Journal.HeadSize, size,
                        BinaryPrimitives.ReadInt64BigEndian(record[24..])));
                    position += record.Length;
                    continue;
                }
            }
            position = position / Page * Page + Page;
        }
        return found;
    }

    /// <summary>The batches of one log, in the order in which they were appended.</summary>
    internal IEnumerable<byte[]> Of(long logId)
    {
        foreach (var piece in byLog.GetValueOrDefault(logId, []))
        {
            using var file = folder.Open(piece.File);
            var bytes = new byte[piece.Length];
            file.Read(bytes, piece.Position);
            yield return bytes;
        }
    }
}

readonly record struct JournalPiece(string File, long Number, long LogId, long Position, int Length, long Durable);
