using System.Buffers.Binary;
using System.Text;

namespace Millrace.Kafka.Wire;

/// <summary>
/// Reads a message in place. Lengths are checked against what is there before anything is made of them: a message can't
/// make the reader take more memory than a small multiple of its own size. What is made is counted, and ends where there is no
/// room for more.
/// </summary>
/// <param name="room">Bytes of memory that what is made of the message may take.</param>
ref struct WireReader(ReadOnlyMemory<byte> message, long room = WireReader.MostHeld)
{
    readonly ReadOnlyMemory<byte> memory = message;
    readonly ReadOnlySpan<byte> bytes = message.Span;
    int position;
    long held;

    /// <summary>The most that is made of a message where nobody says how much may be.</summary>
    internal const long MostHeld = 256 << 20;

    /// <summary>The most that is made of each byte of a message.</summary>
    internal const int MostForAByte = 64;

    // Of an object without fields, of a list and its array, and of a place in it: an array that grows has up to twice as many.
    const int Head = 24, ListHead = 56, Place = 16;

    /// <summary>Bytes of memory that what was made so far takes.</summary>
    internal readonly long Held => held;

    /// <summary>Counts what is about to be made.</summary>
    internal void Hold(long bytes)
    {
        held += bytes;
        if (held > room) throw WireException.NoRoom(room);
    }

    /// <summary>Whether lengths are compact and structures end with tagged fields.</summary>
    internal bool Flexible { get; set; }

    internal readonly int Position => position;

    internal readonly int Left => bytes.Length - position;

    ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)Left) throw WireException.Ended(count, Left);
        var taken = bytes.Slice(position, count);
        position += count;
        return taken;
    }

    internal bool Bool() => Take(1)[0] != 0;

    internal sbyte Int8() => (sbyte)Take(1)[0];

    internal short Int16() => BinaryPrimitives.ReadInt16BigEndian(Take(2));

    internal ushort UInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    internal int Int32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    internal long Int64() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    internal double Float64() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    internal Guid Uuid() => new(Take(16), bigEndian: true);

    internal uint UnsignedVarint()
    {
        var value = 0u;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var next = Take(1)[0];
            if (shift == 28 && next > 0x0f) break;
            value |= (uint)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }
        throw new WireException("A variable-length number is longer than 32 bits.");
    }

    /// <summary>A length, or -1 for null. Strings that aren't compact have 16 bits of it.</summary>
    int Length(bool isShort)
    {
        var length = Flexible ? (long)UnsignedVarint() - 1 : isShort ? Int16() : Int32();
        if (length < -1) throw new WireException($"A length is {length}.");
        if (length > Left) throw WireException.Ended((int)Math.Min(length, int.MaxValue), Left);
        return (int)length;
    }

    internal string String() => StringOrNull() ?? throw new WireException("A string is null that can't be.");

    internal string? StringOrNull()
    {
        if (Length(isShort: true) is not (>= 0 and var length)) return null;
        if (length == 0) return "";
        Hold(Head + length * 2L);
        return Encoding.UTF8.GetString(Take(length));
    }

    internal byte[] Bytes() => BytesOrNull() ?? throw new WireException("Bytes are null that can't be.");

    /// <summary>A copy, which may outlive the message.</summary>
    internal byte[]? BytesOrNull()
    {
        if (Length(isShort: false) is not (>= 0 and var length)) return null;
        if (length == 0) return [];
        Hold(Head + length);
        return Take(length).ToArray();
    }

    /// <summary>The bytes where they are: good as long as those of the message.</summary>
    internal ReadOnlyMemory<byte>? RecordsOrNull()
    {
        if (Length(isShort: false) is not (>= 0 and var length)) return null;
        var records = memory.Slice(position, length);
        position += length;
        return records;
    }

    internal ReadOnlyMemory<byte>? Records() => RecordsOrNull();

    /// <summary>The number of items, or -1 for null. An item takes one byte at least.</summary>
    int Count() => Length(isShort: false);

    /// <summary>The number of items that follow.</summary>
    internal int ArrayLength() => CountOfSome();

    /// <summary>The number of items of an array that can't be null.</summary>
    int CountOfSome() => Count() is >= 0 and var count ? count : throw new WireException("An array is null that can't be.");

    // Where nothing is read the property makes its own empty list, if ever somebody asks for it.
    internal List<T> Parts<T>(short version) where T : IPart<T> => CountOfSome() is > 0 and var count ? Parts<T>(count, version) : null!;

    internal List<T>? PartsOrNull<T>(short version) where T : IPart<T> => Count() is >= 0 and var count ? Parts<T>(count, version) : null;

    List<T> Parts<T>(int count, short version) where T : IPart<T>
    {
        Hold(ListHead + (long)count * Place);
        // Not all at once: a count is a claim until its items have been read.
        var items = new List<T>(Math.Min(count, 16));
        for (var i = 0; i < count; i++) items.Add(T.Read(ref this, version));
        return items;
    }

    internal T? PartOrNull<T>(short version) where T : class, IPart<T> => Int8() < 0 ? null : T.Read(ref this, version);

    internal List<string> Strings() => CountOfSome() is > 0 and var count ? Strings(count) : null!;

    internal List<string>? StringsOrNull() => Count() is >= 0 and var count ? Strings(count) : null;

    List<string> Strings(int count)
    {
        Hold(ListHead + (long)count * Place);
        var items = new List<string>(Math.Min(count, 16));
        for (var i = 0; i < count; i++) items.Add(String());
        return items;
    }

    internal List<int> Int32s() => CountOfSome() is > 0 and var count ? Int32s(count) : null!;

    internal List<int>? Int32sOrNull() => Count() is >= 0 and var count ? Int32s(count) : null;

    List<int> Int32s(int count)
    {
        Hold(ListHead + (long)count * sizeof(int));
        var items = new List<int>(Math.Min(count, Left / sizeof(int)));
        for (var i = 0; i < count; i++) items.Add(Int32());
        return items;
    }

    internal List<sbyte> Int8s()
    {
        if (CountOfSome() is not (> 0 and var count)) return null!;
        Hold(ListHead + count);
        var items = new List<sbyte>(count);
        for (var i = 0; i < count; i++) items.Add(Int8());
        return items;
    }

    internal List<long> Int64s()
    {
        if (CountOfSome() is not (> 0 and var count)) return null!;
        Hold(ListHead + (long)count * sizeof(long));
        var items = new List<long>(Math.Min(count, Left / sizeof(long)));
        for (var i = 0; i < count; i++) items.Add(Int64());
        return items;
    }

    internal int TagCount() => Flexible ? Checked(UnsignedVarint()) : 0;

    readonly int Checked(uint count) => count <= Left ? (int)count : throw WireException.Ended((int)Math.Min(count, int.MaxValue), Left);

    /// <summary>The number of the next tagged field, and where it ends.</summary>
    internal uint BeginTag(out int end)
    {
        var tag = UnsignedVarint();
        end = Checked(UnsignedVarint()) + position;
        return tag;
    }

    internal void SkipTo(int end) => position = end;

    internal readonly void EndTag(uint tag, int end)
    {
        if (position != end) throw new WireException($"Tagged field {tag} is not as long as it says.");
    }

    internal void SkipTags()
    {
        for (var tags = TagCount(); tags > 0; tags--)
        {
            BeginTag(out var end);
            SkipTo(end);
        }
    }
}
