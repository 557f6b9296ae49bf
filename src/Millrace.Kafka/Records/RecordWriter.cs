namespace Millrace.Kafka.Records;

/// <summary>Writes single records, as <see cref="RecordReader"/> reads them.</summary>
static class RecordWriter
{
    /// <summary>The most that a record can take besides key, value and headers.</summary>
    internal const int MostOverhead = 1 + 6 * Varint.MostBytes;

    /// <summary>Writes a record into room that is large enough, and says how many bytes it took.</summary>
    internal static int Write(Span<byte> room, int offsetDelta, long timestampDelta, ReadOnlySpan<byte> key, bool hasKey, ReadOnlySpan<byte> value, bool hasValue, int headerCount, ReadOnlySpan<byte> headers)
    {
        var size = 1 + Varint.Size(timestampDelta) + Varint.Size(offsetDelta) + Varint.Size(hasKey ? key.Length : -1) + key.Length
            + Varint.Size(hasValue ? value.Length : -1) + value.Length + Varint.Size(headerCount) + headers.Length;
        var at = Varint.Write(room, 0, size);
        // The attributes of a record have no meaning yet.
        room[at++] = 0;
        at = Varint.Write(room, at, timestampDelta);
        at = Varint.Write(room, at, offsetDelta);
        at = Put(room, at, key, hasKey);
        at = Put(room, at, value, hasValue);
        at = Varint.Write(room, at, headerCount);
        headers.CopyTo(room[at..]);
        return at + headers.Length;
    }

    static int Put(Span<byte> room, int at, ReadOnlySpan<byte> bytes, bool isThere)
    {
        at = Varint.Write(room, at, isThere ? bytes.Length : -1);
        bytes.CopyTo(room[at..]);
        return at + bytes.Length;
    }
}
