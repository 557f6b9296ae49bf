using System.Buffers;
using System.Buffers.Binary;

namespace Millrace.Data;

/// <summary>Binary COPY out of PostgreSQL, decoded straight into columns.</summary>
/// <remarks>
/// <code>
/// file = "PGCOPY\n\xff\r\n\0" | flags: int32 | extension: int32, bytes | row ... | -1: int16
/// row  = fields: int16 | each: length: int32, -1 for null | bytes          all big endian
/// </code>
/// </remarks>
sealed class CopyReader(Stream stream, CopyField[] fields) : IDisposable
{
    const int SignatureAndFlags = 15, RowHead = 2, FieldHead = 4;
    byte[] buffer = ArrayPool<byte>.Shared.Rent(256 * 1024);
    int start, end;
    bool begun, ended;

    internal long BytesRead { get; private set; }

    /// <summary>Adds rows to the fields until there are that many; fewer at the end.</summary>
    internal async ValueTask<int> ReadAsync(int rows, CancellationToken cancel)
    {
        if (!begun)
        {
            await NeedAsync(SignatureAndFlags + FieldHead, cancel).ConfigureAwait(false);
            var extension = BinaryPrimitives.ReadInt32BigEndian(buffer.AsSpan(start + SignatureAndFlags));
            await NeedAsync(SignatureAndFlags + FieldHead + extension, cancel).ConfigureAwait(false);
            start += SignatureAndFlags + FieldHead + extension;
            begun = true;
        }
        var count = 0;
        while (count < rows && !ended)
        {
            var taken = TakeRows(rows - count, out var need);
            count += taken;
            if (need > 0) await NeedAsync(need, cancel).ConfigureAwait(false);
        }
        return count;
    }

    // As many whole rows as the buffer has; where the next is cut off, how many bytes it needs at least.
    int TakeRows(int most, out int need)
    {
        need = 0;
        var count = 0;
        while (count < most)
        {
            if (!WholeRow(buffer.AsSpan(start, end - start), out var length, out need)) return count;
            // Rows of no columns are as short as the end is, and they count.
            if (BinaryPrimitives.ReadInt16BigEndian(buffer.AsSpan(start)) < 0)
            {
                ended = true;
                return count;
            }
            var row = buffer.AsSpan(start + RowHead, length - RowHead);
            foreach (var field in fields)
            {
                var size = BinaryPrimitives.ReadInt32BigEndian(row);
                row = row[FieldHead..];
                if (size < 0)
                {
                    field.AddNull();
                    continue;
                }
                field.Add(row[..size]);
                row = row[size..];
            }
            start += length;
            count++;
        }
        return count;
    }

    bool WholeRow(ReadOnlySpan<byte> bytes, out int length, out int need)
    {
        length = RowHead;
        need = RowHead;
        if (bytes.Length < RowHead) return false;
        if (BinaryPrimitives.ReadInt16BigEndian(bytes) < 0) return NoNeed(out need);
        for (var i = 0; i < fields.Length; i++)
        {
            need = length + FieldHead;
            if (bytes.Length < need) return false;
            length = need + Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(bytes[length..]));
            need = length;
            if (bytes.Length < need) return false;
        }
        return NoNeed(out need);
    }

    static bool NoNeed(out int need)
    {
        need = 0;
        return true;
    }

    async ValueTask NeedAsync(int bytes, CancellationToken cancel)
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
        }
        if (buffer.Length < bytes)
        {
            var larger = ArrayPool<byte>.Shared.Rent(bytes);
            buffer.AsSpan(0, end).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = larger;
        }
        while (end < bytes)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(end), cancel).ConfigureAwait(false);
            if (read == 0) throw new DatabaseException("PostgreSQL ended its rows in the middle of one. Read again; if it happens again, look into the server's log.");
            end += read;
            BytesRead += read;
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);

    /// <summary>The rows so far, a column a field.</summary>
    internal Column[] Build() => [.. fields.Select(f => f.Build())];
}
