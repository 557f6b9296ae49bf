using System.Numerics;
using System.Runtime.InteropServices;

namespace Millrace.Plans;

/// <summary>Marks of nulls, one byte a row, combined many at a time.</summary>
static class NullMarks
{
    /// <summary>Null where either is: what most functions do. Constants that are null never come here; the compiler folds them.</summary>
    internal static ReadOnlyMemory<bool> Either(Evaluation rows, Operand a, Operand b)
    {
        var x = a.Constant ? default : a.Column.NullMarks;
        var y = b.Constant ? default : b.Column.NullMarks;
        if (x.Length == 0) return y;
        if (y.Length == 0) return x;
        var result = rows.Rent<bool>();
        Or(x.Span, y.Span, result.AsSpan(0, rows.Count));
        return result.AsMemory(0, rows.Count);
    }

    internal static ReadOnlyMemory<bool> Any(Evaluation rows, ReadOnlySpan<Operand> all)
    {
        ReadOnlyMemory<bool> result = default;
        var owned = false;
        foreach (var one in all)
        {
            if (one.Constant || !one.Column.MayHaveNulls) continue;
            if (result.Length == 0)
            {
                result = one.Column.NullMarks;
                continue;
            }
            var target = owned ? MemoryMarshal.AsMemory(result) : rows.Rent<bool>().AsMemory(0, rows.Count);
            Or(result.Span, one.Column.Nulls, target.Span);
            (result, owned) = (target, true);
        }
        return result;
    }

    internal static ReadOnlyMemory<bool> Of(Operand one) => one.Constant ? default : one.Column.NullMarks;

    internal static void Or(ReadOnlySpan<bool> a, ReadOnlySpan<bool> b, Span<bool> result)
    {
        var x = Bytes(a);
        var y = Bytes(b);
        var z = MemoryMarshal.AsBytes(result);
        var i = 0;
        for (; i <= z.Length - Vector<byte>.Count; i += Vector<byte>.Count)
            (new Vector<byte>(x[i..]) | new Vector<byte>(y[i..])).CopyTo(z[i..]);
        for (; i < z.Length; i++) z[i] = (byte)(x[i] | y[i]);
    }

    internal static void And(ReadOnlySpan<bool> a, ReadOnlySpan<bool> b, Span<bool> result)
    {
        var x = Bytes(a);
        var y = Bytes(b);
        var z = MemoryMarshal.AsBytes(result);
        var i = 0;
        for (; i <= z.Length - Vector<byte>.Count; i += Vector<byte>.Count)
            (new Vector<byte>(x[i..]) & new Vector<byte>(y[i..])).CopyTo(z[i..]);
        for (; i < z.Length; i++) z[i] = (byte)(x[i] & y[i]);
    }

    internal static void Not(ReadOnlySpan<bool> a, Span<bool> result)
    {
        var x = Bytes(a);
        var z = MemoryMarshal.AsBytes(result);
        var i = 0;
        for (; i <= z.Length - Vector<byte>.Count; i += Vector<byte>.Count)
            (new Vector<byte>(x[i..]) ^ Vector<byte>.One).CopyTo(z[i..]);
        for (; i < z.Length; i++) z[i] = (byte)(x[i] ^ 1);
    }

    /// <summary>The places where the value is true and not null.</summary>
    internal static ReadOnlyMemory<int> WhereTrue(Operand condition, int count, BatchMemory memory)
    {
        var rows = memory.Rent<int>(count);
        var found = 0;
        if (condition.Constant)
        {
            if (!condition.IsNull(0) && condition.Values<bool>()[0])
                for (; found < count; found++) rows[found] = found;
            return rows.AsMemory(0, found);
        }
        var values = Bytes(condition.Values<bool>());
        if (!condition.Column.MayHaveNulls)
        {
            for (var i = 0; i < values.Length; i++)
            {
                rows[found] = i;
                found += values[i];
            }
        }
        else
        {
            var nulls = Bytes(condition.Column.Nulls);
            for (var i = 0; i < values.Length; i++)
            {
                rows[found] = i;
                found += values[i] & (nulls[i] ^ 1);
            }
        }
        return rows.AsMemory(0, found);
    }

    static ReadOnlySpan<byte> Bytes(ReadOnlySpan<bool> marks) => MemoryMarshal.AsBytes(marks);
}
