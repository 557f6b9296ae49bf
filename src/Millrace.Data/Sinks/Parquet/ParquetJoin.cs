using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Millrace.Data;

/// <summary>
/// Appends the row groups of Parquet files to the first of them. Pages don't know where they are; only the footer does:
/// <code>
///  0      4                                   n - 8 - length     n - 8    n - 4    n
///  | PAR1 | pages, filters of the row groups  | footer (Thrift)  | length | PAR1   |
///
///  PAR1 | groups of part 1 | groups of part 2 | groups of part 3 | one footer | length | PAR1
/// </code>
/// </summary>
sealed class ParquetJoin(string path) : IDisposable
{
    const int MagicLength = 4, Tail = 8;

    SafeFileHandle? target;
    ParquetFooter footer = null!;
    long end;

    /// <summary>Takes the groups of a part to the end of those that are there; the part itself stays as it is. The first is the file.</summary>
    /// <returns>The columns that have a dictionary in the part.</returns>
    internal IReadOnlySet<int> Append(string part)
    {
        if (target is null)
        {
            target = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            (footer, end) = Read(target, path, 0);
            return footer.Dictionaries;
        }
        using var source = File.OpenHandle(part);
        var (added, groupsEnd) = Read(source, part, end - MagicLength, footer.Groups);
        var buffer = new byte[Math.Min(1 << 20, groupsEnd)];
        for (long from = MagicLength; from < groupsEnd;)
        {
            var read = RandomAccess.Read(source, buffer.AsSpan(0, (int)Math.Min(buffer.Length, groupsEnd - from)), from);
            if (read == 0) throw Broken(part);
            RandomAccess.Write(target, buffer.AsSpan(0, read), end);
            from += read;
            end += read;
        }
        footer.Add(added);
        return added.Dictionaries;
    }

    /// <summary>Writes the footer of all parts. A single part has its own.</summary>
    internal void Finish()
    {
        if (target is null || footer.Groups < 2) return;
        var bytes = footer.ToBytes();
        var all = new byte[bytes.Length + Tail];
        bytes.CopyTo(all, 0);
        BinaryPrimitives.WriteInt32LittleEndian(all.AsSpan(bytes.Length), bytes.Length);
        "PAR1"u8.CopyTo(all.AsSpan(bytes.Length + 4));
        RandomAccess.Write(target, all, end);
        // The footer of the first part may have been longer than all that came over it.
        RandomAccess.SetLength(target, end + all.Length);
        target.Dispose();
        target = null;
    }

    static (ParquetFooter Footer, long GroupsEnd) Read(SafeFileHandle file, string name, long shift, int groupsBefore = 0)
    {
        var length = RandomAccess.GetLength(file);
        var tail = new byte[Tail];
        if (length < MagicLength + Tail || RandomAccess.Read(file, tail, length - Tail) < Tail || !tail.AsSpan(4).SequenceEqual("PAR1"u8)) throw Broken(name);
        var size = BinaryPrimitives.ReadInt32LittleEndian(tail);
        var start = length - Tail - size;
        if (size <= 0 || start < MagicLength) throw Broken(name);
        var bytes = new byte[size];
        for (var read = 0; read < size;)
        {
            var some = RandomAccess.Read(file, bytes.AsSpan(read), start + read);
            if (some == 0) throw Broken(name);
            read += some;
        }
        return (ParquetFooter.Read(bytes, shift, groupsBefore), start);
    }

    static IOException Broken(string name) => new($"'{name}', a part of a Parquet file that was just written, isn't whole. Is something else changing files in that folder?");

    public void Dispose() => target?.Dispose();
}
