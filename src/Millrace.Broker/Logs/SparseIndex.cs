using System.Buffers.Binary;
using Millrace.Broker.Files;

namespace Millrace.Broker.Logs;

/// <summary>
/// A file of entries in order, one for every few kilobytes of a segment, searched by halving:
/// <code>
///  offsets (.index):      | offset - base, 4 bytes | position, 4 bytes |
///  times   (.timeindex):  | timestamp, 8 bytes | offset - base, 4 bytes |
/// </code>
/// An index is a hint that can be made anew: what it says is always checked against the segment.
/// </summary>
abstract class SparseIndex(DiskFile file, int entrySize) : IDisposable
{
    protected int Count { get; private set; } = (int)(file.Length / entrySize);

    protected DiskFile File => file;

    protected void Append(ReadOnlySpan<byte> entry)
    {
        file.Write(entry, (long)Count * entrySize);
        Count++;
    }

    protected void Read(int entry, Span<byte> bytes)
    {
        if (file.Read(bytes, (long)entry * entrySize) < entrySize) throw new IOException("An index is shorter than it was.");
    }

    /// <summary>The number of entries that come before the first for which this is false, as it's for all behind it.</summary>
    protected int CountWhile(Func<int, bool> holds)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (holds(middle)) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    protected void Keep(int count)
    {
        Count = count;
        file.SetLength((long)count * entrySize);
    }

    internal void Clear() => Keep(0);

    internal void Flush() => file.Flush();

    public void Dispose() => file.Dispose();
}

sealed class OffsetIndex(DiskFile file, long baseOffset) : SparseIndex(file, Size)
{
    const int Size = 8;

    internal void Add(long offset, int position)
    {
        Span<byte> entry = stackalloc byte[Size];
        BinaryPrimitives.WriteUInt32BigEndian(entry, (uint)(offset - baseOffset));
        BinaryPrimitives.WriteInt32BigEndian(entry[4..], position);
        Append(entry);
    }

    /// <summary>A position at or before the batch with the offset, 0 where the index doesn't know.</summary>
    internal int PositionBefore(long offset)
    {
        var before = CountWhile(entry => At(entry).Offset <= offset);
        return before == 0 ? 0 : At(before - 1).Position;
    }

    /// <summary>The last entry, if it's within a segment of that length.</summary>
    internal int LastPosition(long length) => Count == 0 || At(Count - 1) is not { Position: > 0 and var position } || position >= length ? 0 : position;

    internal void TruncateTo(int position) => Keep(CountWhile(entry => At(entry).Position < position));

    (long Offset, int Position) At(int entry)
    {
        Span<byte> bytes = stackalloc byte[Size];
        Read(entry, bytes);
        return (baseOffset + BinaryPrimitives.ReadUInt32BigEndian(bytes), BinaryPrimitives.ReadInt32BigEndian(bytes[4..]));
    }
}

sealed class TimeIndex(DiskFile file, long baseOffset) : SparseIndex(file, Size)
{
    const int Size = 12;

    internal void Add(long timestamp, long offset)
    {
        if (Count > 0 && At(Count - 1).Timestamp >= timestamp) return;
        Span<byte> entry = stackalloc byte[Size];
        BinaryPrimitives.WriteInt64BigEndian(entry, timestamp);
        BinaryPrimitives.WriteUInt32BigEndian(entry[8..], (uint)(offset - baseOffset));
        Append(entry);
    }

    /// <summary>An offset before which no record is as late as that, the segment's first where the index doesn't know.</summary>
    internal long OffsetBefore(long timestamp)
    {
        var before = CountWhile(entry => At(entry).Timestamp < timestamp);
        return before == 0 ? baseOffset : At(before - 1).Offset;
    }

    internal long? LastTimestamp => Count == 0 ? null : At(Count - 1).Timestamp;

    internal void TruncateTo(long offset) => Keep(CountWhile(entry => At(entry).Offset < offset));

    (long Timestamp, long Offset) At(int entry)
    {
        Span<byte> bytes = stackalloc byte[Size];
        Read(entry, bytes);
        return (BinaryPrimitives.ReadInt64BigEndian(bytes), baseOffset + BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]));
    }
}
