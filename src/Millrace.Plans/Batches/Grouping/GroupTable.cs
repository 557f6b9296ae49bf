using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Millrace.Plans;

/// <summary>
/// Numbers the different keys that rows have, in order of their first row. An open hash table over numbers of groups;
/// short keys lie in it as numbers, others as bytes beside it.
/// </summary>
sealed class GroupTable
{
    readonly KeyPacking packing;
    readonly GrowingColumn[] keys;

    // Each slot: the upper half of the hash, and the group's number plus one; 0 where it is free.
    ulong[] slots = new ulong[1024];
    ulong[] narrow = [];
    UInt128[] wide = [];
    BytesView[] places = [];
    byte[] bytes = [];
    ulong[] hashes = new ulong[512];
    int used;

    // Of a text alone: its bytes are the key, and no bytes are left to say null.
    int nullGroup = -1;

    internal GroupTable(IReadOnlyList<DataType> types)
    {
        packing = KeyPacking.For(types);
        keys = [.. types.Select(GrowingColumn.For)];
    }

    internal int Count { get; private set; }

    /// <summary>The keys of all groups so far, in their order; good until rows are added.</summary>
    internal Column[] Keys() => [.. keys.Select(k => k.Build())];

    /// <summary>The group of each row.</summary>
    /// <param name="fresh">Gets the rows that opened a group, in order.</param>
    /// <returns>How many those are.</returns>
    internal int Add(ReadOnlySpan<Column> columns, int count, Span<int> groups, Span<int> fresh)
    {
        var before = Count;
        if (packing.Width == KeyWidth.None)
        {
            // One group of all rows, which is there once a row is.
            groups[..count].Clear();
            if (count > 0 && Count == 0) fresh[Count++] = 0;
        }
        else if (packing.Width == KeyWidth.Narrow)
        {
            var packed = ArrayPool<ulong>.Shared.Rent(count);
            packing.Pack(columns, packed.AsSpan(0, count));
            AddNarrow(packed.AsSpan(0, count), groups, fresh);
            ArrayPool<ulong>.Shared.Return(packed);
        }
        else if (packing.Width == KeyWidth.Wide)
        {
            var packed = ArrayPool<UInt128>.Shared.Rent(count);
            packing.Pack(columns, packed.AsSpan(0, count));
            AddWide(packed.AsSpan(0, count), groups, fresh);
            ArrayPool<UInt128>.Shared.Return(packed);
        }
        else
        {
            using var packed = KeyPacking.Pack(columns, count);
            AddBytes(packed, columns.Length == 1 ? columns[0].Nulls : default, groups, fresh);
        }
        var added = Count - before;
        for (var k = 0; k < keys.Length && added > 0; k++) keys[k].Append(columns[k], fresh[..added]);
        return added;
    }

    void AddNarrow(ReadOnlySpan<ulong> packed, Span<int> groups, Span<int> fresh)
    {
        var first = Count;
        for (var i = 0; i < packed.Length; i++)
        {
            var key = packed[i];
            var hash = Hashing.Of(key);
            var mask = (ulong)slots.Length - 1;
            for (var at = hash & mask; ; at = (at + 1) & mask)
            {
                var slot = slots[at];
                if (slot == 0)
                {
                    if (Count == narrow.Length) Array.Resize(ref narrow, Math.Max(256, Count * 2));
                    narrow[Count] = key;
                    fresh[Count - first] = i;
                    groups[i] = Open(at, hash);
                    break;
                }
                var group = (int)(uint)slot - 1;
                if (narrow[group] == key)
                {
                    groups[i] = group;
                    break;
                }
            }
        }
    }

    void AddWide(ReadOnlySpan<UInt128> packed, Span<int> groups, Span<int> fresh)
    {
        var first = Count;
        for (var i = 0; i < packed.Length; i++)
        {
            var key = packed[i];
            var hash = Hashing.Of((ulong)key, (ulong)(key >> 64));
            var mask = (ulong)slots.Length - 1;
            for (var at = hash & mask; ; at = (at + 1) & mask)
            {
                var slot = slots[at];
                if (slot == 0)
                {
                    if (Count == wide.Length) Array.Resize(ref wide, Math.Max(256, Count * 2));
                    wide[Count] = key;
                    fresh[Count - first] = i;
                    groups[i] = Open(at, hash);
                    break;
                }
                var group = (int)(uint)slot - 1;
                if ((uint)(slot >> 32) == (uint)(hash >> 32) && wide[group] == key)
                {
                    groups[i] = group;
                    break;
                }
            }
        }
    }

    void AddBytes(PackedBytes packed, ReadOnlySpan<bool> nulls, Span<int> groups, Span<int> fresh)
    {
        var first = Count;
        var all = packed.Bytes;
        var views = packed.Views;
        for (var i = 0; i < views.Length; i++)
        {
            if (nulls.Length > 0 && nulls[i])
            {
                if (nullGroup < 0)
                {
                    Store([]);
                    fresh[Count - first] = i;
                    nullGroup = Next(0);
                }
                groups[i] = nullGroup;
                continue;
            }
            var key = all.Slice(views[i].Start, views[i].Length);
            var hash = Hashing.Of(key);
            var mask = (ulong)slots.Length - 1;
            for (var at = hash & mask; ; at = (at + 1) & mask)
            {
                var slot = slots[at];
                if (slot == 0)
                {
                    Store(key);
                    fresh[Count - first] = i;
                    groups[i] = Open(at, hash);
                    break;
                }
                var group = (int)(uint)slot - 1;
                if ((uint)(slot >> 32) == (uint)(hash >> 32) && key.SequenceEqual(bytes.AsSpan(places[group].Start, places[group].Length)))
                {
                    groups[i] = group;
                    break;
                }
            }
        }
    }

    void Store(ReadOnlySpan<byte> key)
    {
        var needed = checked(used + key.Length);
        if (needed > bytes.Length) Array.Resize(ref bytes, (int)Math.Min(Array.MaxLength, Math.Max(needed, Math.Max(4096, bytes.Length * 2L))));
        if (Count == places.Length) Array.Resize(ref places, Math.Max(256, Count * 2));
        key.CopyTo(bytes.AsSpan(used));
        places[Count] = new BytesView(used, key.Length);
        used = needed;
    }

    int Open(ulong at, ulong hash)
    {
        slots[at] = (hash & 0xFFFF_FFFF_0000_0000) | (uint)(Count + 1);
        var group = Next(hash);
        if (Count * 2 > slots.Length) Grow();
        return group;
    }

    int Next(ulong hash)
    {
        if (Count == hashes.Length) Array.Resize(ref hashes, Count * 2);
        hashes[Count] = hash;
        return Count++;
    }

    void Grow()
    {
        slots = new ulong[slots.Length * 4];
        var mask = (ulong)slots.Length - 1;
        for (var group = 0; group < Count; group++)
        {
            if (group == nullGroup) continue;
            var at = hashes[group] & mask;
            while (slots[at] != 0) at = (at + 1) & mask;
            slots[at] = (hashes[group] & 0xFFFF_FFFF_0000_0000) | (uint)(group + 1);
        }
    }
}

static class Hashing
{
    const ulong A = 0x9E37_79B9_7F4A_7C15, B = 0xD6E8_FEB8_6659_FD93, C = 0xA076_1D64_78BD_642F;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Of(ulong value) => Mix(value ^ A, B);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Of(ulong low, ulong high) => Mix(low ^ A, high ^ B);

    internal static ulong Of(ReadOnlySpan<byte> bytes)
    {
        var hash = (ulong)bytes.Length * C;
        var at = 0;
        for (; bytes.Length - at > 16; at += 16) hash = Mix(Read(bytes, at) ^ A ^ hash, Read(bytes, at + 8) ^ B);
        var left = bytes.Length - at;
        if (left >= 8) return Mix(Read(bytes, at) ^ A ^ hash, Read(bytes, bytes.Length - 8) ^ B);
        if (left >= 4)
        {
            ref var start = ref MemoryMarshal.GetReference(bytes);
            var low = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, at));
            var high = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, bytes.Length - 4));
            return Mix(low ^ A ^ hash, high ^ B);
        }
        ulong rest = 0;
        for (; at < bytes.Length; at++) rest = rest << 8 | bytes[at];
        return Mix(rest ^ A ^ hash, B);
    }

    static ulong Mix(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out ulong low);
        return high ^ low;
    }

    static ulong Read(ReadOnlySpan<byte> bytes, int at) => Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref MemoryMarshal.GetReference(bytes), at));
}
