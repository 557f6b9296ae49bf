using System.Buffers;
using System.Runtime.InteropServices;

namespace Millrace.Plans;

enum KeyWidth
{
    /// <summary>There are no keys.</summary>
    None,

    /// <summary>64 bits hold the keys and which of them are null.</summary>
    Narrow,

    /// <summary>128 bits do.</summary>
    Wide,
    Bytes,
}

/// <summary>
/// Lays the keys of a row side by side, so that equal keys have equal bits: -0 becomes 0, every NaN the same one, what
/// stands in a null's place is cleared.
/// </summary>
sealed class KeyPacking
{
    readonly Physical.Form[] forms;

    KeyPacking(Physical.Form[] forms, KeyWidth width) => (this.forms, Width) = (forms, width);

    internal KeyWidth Width { get; }

    internal static KeyPacking For(IReadOnlyList<DataType> types)
    {
        var forms = types.Select(Physical.Of).ToArray();
        if (types.FirstOrDefault(t => t.IsNested) is { } nested) throw new PlanException($"Rows can't be grouped by {nested}. Group by its fields or items.");
        var bits = forms.Sum(BitsOf) + forms.Length;
        return new KeyPacking(forms, forms.Length == 0 ? KeyWidth.None
            : forms.Contains(Physical.Form.Bytes) || bits > 128 ? KeyWidth.Bytes
            : bits > 64 ? KeyWidth.Wide : KeyWidth.Narrow);
    }

    static int BitsOf(Physical.Form form) => form switch
    {
        Physical.Form.Bool => 1,
        Physical.Form.Short => 16,
        Physical.Form.Int or Physical.Form.Float => 32,
        Physical.Form.Long or Physical.Form.Double => 64,
        Physical.Form.Bytes => 0,
        _ => 128,
    };

    internal void Pack(ReadOnlySpan<Column> columns, Span<ulong> into)
    {
        into.Clear();
        for (var c = 0; c < forms.Length; c++)
        {
            var shift = BitsOf(forms[c]) + 1;
            var column = columns[c];
            for (var i = 0; i < into.Length; i++) into[i] <<= shift;
            switch (column)
            {
                case Column<int> ints when !column.MayHaveNulls:
                    var values = ints.Values;
                    for (var i = 0; i < into.Length; i++) into[i] |= (ulong)(uint)values[i] << 1;
                    break;
                default:
                    for (var i = 0; i < into.Length; i++) into[i] |= column.IsNull(i) ? 1 : Bits(column, i) << 1;
                    break;
            }
        }
    }

    internal void Pack(ReadOnlySpan<Column> columns, Span<UInt128> into)
    {
        into.Clear();
        for (var c = 0; c < forms.Length; c++)
        {
            var shift = BitsOf(forms[c]) + 1;
            var column = columns[c];
            for (var i = 0; i < into.Length; i++) into[i] = into[i] << shift | (column.IsNull(i) ? 1 : (UInt128)Bits(column, i) << 1);
        }
    }

    static ulong Bits(Column column, int row) => column switch
    {
        Column<bool> c => c.Values[row] ? 1UL : 0,
        Column<short> c => (ushort)c.Values[row],
        Column<int> c => (uint)c.Values[row],
        Column<long> c => (ulong)c.Values[row],
        Column<float> c => BitConverter.SingleToUInt32Bits(Canonical(c.Values[row])),
        Column<double> c => BitConverter.DoubleToUInt64Bits(Canonical(c.Values[row])),
        _ => throw new PlanException($"{column.Type} isn't a short key."),
    };

    static float Canonical(float value) => value == 0 ? 0 : float.IsNaN(value) ? float.NaN : value;

    static double Canonical(double value) => value == 0 ? 0 : double.IsNaN(value) ? double.NaN : value;

    /// <summary>For each key a byte that says whether it is null, then its value; text with its length before it.</summary>
    internal static PackedBytes Pack(ReadOnlySpan<Column> columns, int count)
    {
        // A text alone is its own key; its nulls are seen to by the table.
        if (columns.Length == 1 && columns[0] is BytesColumn alone) return new PackedBytes(alone.BytesMemory, alone.ViewsMemory);
        var size = 0;
        var ends = ArrayPool<int>.Shared.Rent(count);
        ends.AsSpan(0, count).Clear();
        foreach (var column in columns) Measure(column, ends.AsSpan(0, count));
        var views = ArrayPool<BytesView>.Shared.Rent(count);
        for (var i = 0; i < count; i++)
        {
            views[i] = new BytesView(size, ends[i]);
            (ends[i], size) = (size, checked(size + ends[i]));
        }
        var bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, size));
        foreach (var column in columns) Write(column, bytes, ends.AsSpan(0, count));
        ArrayPool<int>.Shared.Return(ends);
        return new PackedBytes(bytes.AsMemory(0, size), views.AsMemory(0, count), bytes, views);
    }

    static void Measure(Column column, Span<int> lengths)
    {
        if (column is BytesColumn text)
        {
            var views = text.Views;
            for (var i = 0; i < lengths.Length; i++) lengths[i] += text.IsNull(i) ? 1 : 5 + views[i].Length;
            return;
        }
        var size = 1 + Math.Max(1, BitsOf(Physical.Of(column.Type)) / 8);
        foreach (ref var length in lengths) length += size;
    }

    static void Write(Column column, Span<byte> bytes, Span<int> ends)
    {
        switch (column)
        {
            case BytesColumn text:
                var all = text.Bytes;
                var views = text.Views;
                for (var i = 0; i < ends.Length; i++)
                {
                    if (text.IsNull(i))
                    {
                        bytes[ends[i]++] = 1;
                        continue;
                    }
                    var (start, length) = views[i];
                    bytes[ends[i]++] = 0;
                    MemoryMarshal.Write(bytes[ends[i]..], length);
                    all.Slice(start, length).CopyTo(bytes[(ends[i] + 4)..]);
                    ends[i] += 4 + length;
                }
                break;
            case Column<bool> c: Write(c, c.Values, bytes, ends); break;
            case Column<short> c: Write(c, c.Values, bytes, ends); break;
            case Column<int> c: Write(c, c.Values, bytes, ends); break;
            case Column<long> c: Write(c, c.Values, bytes, ends); break;
            case Column<Int128> c: Write(c, c.Values, bytes, ends); break;
            case Column<Guid> c: Write(c, c.Values, bytes, ends); break;
            case Column<float> c: Write(c, c.Values, bytes, ends, Canonical); break;
            case Column<double> c: Write(c, c.Values, bytes, ends, Canonical); break;
        }
    }

    static unsafe void Write<T>(Column column, ReadOnlySpan<T> values, Span<byte> bytes, Span<int> ends, Func<T, T>? canonical = null) where T : unmanaged
    {
        for (var i = 0; i < ends.Length; i++)
        {
            var missing = column.IsNull(i);
            bytes[ends[i]++] = missing ? (byte)1 : (byte)0;
            MemoryMarshal.Write(bytes[ends[i]..], missing ? default : canonical is null ? values[i] : canonical(values[i]));
            ends[i] += sizeof(T);
        }
    }
}

/// <summary>The keys of a batch as bytes, in rented memory or their column's own.</summary>
readonly struct PackedBytes(ReadOnlyMemory<byte> bytes, ReadOnlyMemory<BytesView> views, byte[]? rentedBytes = null, BytesView[]? rentedViews = null) : IDisposable
{
    internal ReadOnlySpan<byte> Bytes => bytes.Span;
    internal ReadOnlySpan<BytesView> Views => views.Span;

    public void Dispose()
    {
        if (rentedBytes is not null) ArrayPool<byte>.Shared.Return(rentedBytes);
        if (rentedViews is not null) ArrayPool<BytesView>.Shared.Return(rentedViews);
    }
}
