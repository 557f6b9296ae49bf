namespace Millrace.Kafka.Records;

/// <summary>A record where it lies in its batch.</summary>
readonly ref struct RecordView
{
    internal int OffsetDelta { get; init; }

    internal long TimestampDelta { get; init; }

    internal bool HasKey { get; init; }

    /// <summary>Where the key begins among the records that are read, as <see cref="ValueAt"/> and <see cref="HeadersAt"/>.</summary>
    internal int KeyAt { get; init; }

    internal ReadOnlySpan<byte> Key { get; init; }

    internal bool HasValue { get; init; }

    internal int ValueAt { get; init; }

    internal ReadOnlySpan<byte> Value { get; init; }

    internal int HeaderCount { get; init; }

    internal int HeadersAt { get; init; }

    /// <summary>The headers as they are written, behind their count.</summary>
    internal ReadOnlySpan<byte> Headers { get; init; }

    /// <summary>The whole record, with its length before it.</summary>
    internal ReadOnlySpan<byte> Bytes { get; init; }
}

/// <summary>
/// Reads the records of a batch one after the other, unpacked:
/// <code>
///  | length | attributes, 1 byte | timestamp delta | offset delta | key length, -1: null | key | value length | value |
///  | headers | name length | name | value length, -1: null | value | ...
/// </code>
/// All lengths and deltas are varints.
/// </summary>
ref struct RecordReader(ReadOnlySpan<byte> records, int count)
{
    readonly ReadOnlySpan<byte> records = records;
    int position;
    int left = count;

    internal readonly int Left => left;

    /// <summary>Whether all records were read and nothing is behind them.</summary>
    internal readonly bool IsWhole => left == 0 && position == records.Length;

    /// <summary>False when all records were read.</summary>
    internal bool Read(out RecordView record)
    {
        record = default;
        if (left <= 0) return false;
        var start = position;
        var length = Number();
        if (length < 0 || length > records.Length - position) throw Broken("is longer than its batch");
        var end = position + (int)length;
        if (length == 0) throw Broken("is empty");
        // The attributes of a record have no meaning yet.
        position++;
        var timestamp = Number();
        var offset = Number();
        if (offset is < 0 or > int.MaxValue) throw Broken("has an offset out of range");
        var hasKey = Bytes(end, out var key);
        var keyAt = position - key.Length;
        var hasValue = Bytes(end, out var value);
        var valueAt = position - value.Length;
        var headers = Number();
        if (headers < 0 || headers > end - position) throw Broken("has a number of headers out of range");
        var headersAt = position;
        for (var i = 0; i < headers; i++)
        {
            if (!Bytes(end, out _)) throw Broken("has a header without a name");
            Bytes(end, out _);
        }
        if (position != end) throw Broken("is not as long as it says");
        left--;
        record = new RecordView
        {
            OffsetDelta = (int)offset,
            TimestampDelta = timestamp,
            HasKey = hasKey,
            KeyAt = keyAt,
            Key = key,
            HasValue = hasValue,
            ValueAt = valueAt,
            Value = value,
            HeaderCount = (int)headers,
            HeadersAt = headersAt,
            Headers = records[headersAt..end],
            Bytes = records[start..end],
        };
        return true;
    }

    long Number() => Varint.TryRead(records, ref position, out var value) ? value : throw Broken("is cut off");

    bool Bytes(int end, out ReadOnlySpan<byte> bytes)
    {
        var length = Number();
        bytes = default;
        if (length == -1) return false;
        if (length < -1 || length > end - position) throw Broken("has a part that is longer than itself");
        bytes = records.Slice(position, (int)length);
        position += (int)length;
        return true;
    }

    readonly RecordsException Broken(string how) => new($"Of the records of a batch, the {left}. from the end {how}.");
}

/// <summary>A batch that isn't one, with what is wrong with it.</summary>
sealed class RecordsException(string message) : Exception(message);
