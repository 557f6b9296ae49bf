using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Millrace.Kafka.Wire;

/// <summary>Writes messages into one rented buffer, which grows. It is given back when the writer is disposed.</summary>
sealed class WireWriter : IDisposable
{
    byte[] buffer = ArrayPool<byte>.Shared.Rent(512);
    int length;

    /// <summary>Whether lengths are compact and structures end with tagged fields.</summary>
    internal bool Flexible { get; set; }

    internal int Length => length;

    internal ReadOnlyMemory<byte> Written => buffer.AsMemory(0, length);

    internal void Clear() => length = 0;

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
        length = 0;
    }

    /// <summary>Room for that many bytes, which count as written.</summary>
    internal Span<byte> Take(int count)
    {
        if (buffer.Length - length < count) Grow(count);
        var taken = buffer.AsSpan(length, count);
        length += count;
        return taken;
    }

    void Grow(int count)
    {
        var larger = ArrayPool<byte>.Shared.Rent(checked(Math.Max(length + count, buffer.Length * 2)));
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }

    /// <summary>Writes a number over what stands there already: a length that is known late.</summary>
    internal void SetInt32(int position, int value) => BinaryPrimitives.WriteInt32BigEndian(buffer.AsSpan(position, 4), value);

    internal void Bool(bool value) => Take(1)[0] = value ? (byte)1 : (byte)0;

    internal void Int8(sbyte value) => Take(1)[0] = (byte)value;

    internal void Int16(short value) => BinaryPrimitives.WriteInt16BigEndian(Take(2), value);

    internal void UInt16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Take(2), value);

    internal void Int32(int value) => BinaryPrimitives.WriteInt32BigEndian(Take(4), value);

    internal void Int64(long value) => BinaryPrimitives.WriteInt64BigEndian(Take(8), value);

    internal void Float64(double value) => BinaryPrimitives.WriteDoubleBigEndian(Take(8), value);

    internal void Uuid(Guid value) => value.TryWriteBytes(Take(16), bigEndian: true, out _);

    internal void UnsignedVarint(uint value)
    {
        for (; value >= 0x80; value >>= 7) Take(1)[0] = (byte)(value | 0x80);
        Take(1)[0] = (byte)value;
    }

    void LengthOf(int count, bool isShort)
    {
        if (Flexible) UnsignedVarint((uint)(count + 1));
        else if (!isShort) Int32(count);
        else if (count <= short.MaxValue) Int16((short)count);
        else throw new WireException($"A string of {count:N0} bytes is too long: this version takes {short.MaxValue:N0}.");
    }

    internal void String(string value)
    {
        var count = Encoding.UTF8.GetByteCount(value);
        LengthOf(count, isShort: true);
        Encoding.UTF8.GetBytes(value, Take(count));
    }

    internal void StringOrNull(string? value)
    {
        if (value is null) LengthOf(-1, isShort: true);
        else String(value);
    }

    internal void Bytes(ReadOnlySpan<byte> value)
    {
        LengthOf(value.Length, isShort: false);
        value.CopyTo(Take(value.Length));
    }

    internal void BytesOrNull(byte[]? value)
    {
        if (value is null) LengthOf(-1, isShort: false);
        else Bytes(value);
    }

    internal void RecordsOrNull(ReadOnlyMemory<byte>? value)
    {
        if (value is null) LengthOf(-1, isShort: false);
        else Bytes(value.Value.Span);
    }

    internal void Records(ReadOnlyMemory<byte>? value) => RecordsOrNull(value);

    /// <summary>The length before records that are sent from elsewhere.</summary>
    internal void RecordsLength(int count) => LengthOf(count, isShort: false);

    /// <summary>The number of items that follow.</summary>
    internal void ArrayLength(int count) => LengthOf(count, isShort: false);

    internal void Parts<T>(List<T>? items, short version) where T : IPart<T>
    {
        if (items is null) throw new WireException($"An array of {typeof(T).Name} is null, which this version can't say.");
        LengthOf(items.Count, isShort: false);
        foreach (var item in items) item.Write(this, version);
    }

    internal void PartsOrNull<T>(List<T>? items, short version) where T : IPart<T>
    {
        if (items is null) LengthOf(-1, isShort: false);
        else Parts(items, version);
    }

    internal void PartOrNull<T>(T? item, short version) where T : class, IPart<T>
    {
        Int8(item is null ? (sbyte)-1 : (sbyte)1);
        item?.Write(this, version);
    }

    internal void Strings(List<string> items)
    {
        LengthOf(items.Count, isShort: false);
        foreach (var item in items) String(item);
    }

    internal void StringsOrNull(List<string>? items)
    {
        if (items is null) LengthOf(-1, isShort: false);
        else Strings(items);
    }

    internal void Int32s(List<int> items)
    {
        LengthOf(items.Count, isShort: false);
        foreach (var item in items) Int32(item);
    }

    internal void Int32sOrNull(List<int>? items)
    {
        if (items is null) LengthOf(-1, isShort: false);
        else Int32s(items);
    }

    internal void Int8s(List<sbyte> items)
    {
        LengthOf(items.Count, isShort: false);
        foreach (var item in items) Int8(item);
    }

    internal void Int64s(List<long> items)
    {
        LengthOf(items.Count, isShort: false);
        foreach (var item in items) Int64(item);
    }

    internal void NoTags()
    {
        if (Flexible) UnsignedVarint(0);
    }

    internal void TagCount(int count) => UnsignedVarint((uint)count);

    /// <summary>Begins a tagged field; what is returned goes to <see cref="EndTag"/>.</summary>
    internal int BeginTag(int tag)
    {
        UnsignedVarint((uint)tag);
        return length;
    }

    /// <summary>Puts the length before what was written since the field began.</summary>
    internal void EndTag(int start)
    {
        var size = length - start;
        UnsignedVarint((uint)size);
        var prefix = length - start - size;
        Span<byte> varint = stackalloc byte[5];
        buffer.AsSpan(start + size, prefix).CopyTo(varint);
        buffer.AsSpan(start, size).CopyTo(buffer.AsSpan(start + prefix));
        varint[..prefix].CopyTo(buffer.AsSpan(start));
    }
}
