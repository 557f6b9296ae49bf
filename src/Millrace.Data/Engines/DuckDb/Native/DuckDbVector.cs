using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Millrace.Data.Engines.DuckDb;

/// <summary>The values of one column of a chunk, or of what is nested in it, where DuckDB keeps them.</summary>
readonly unsafe struct DuckDbVector(nint handle, int count)
{
    internal nint Handle => handle;
    internal int Count => count;

    /// <summary>T has the layout that DuckDB's type is stored in; what stands at a null is anything.</summary>
    internal ReadOnlySpan<T> Values<T>() where T : unmanaged => new(Api.duckdb_vector_get_data(handle), count);

    internal ReadOnlySpan<DuckDbText> Texts => Values<DuckDbText>();

    /// <summary>A bit per row, 1 where there is a value; empty where no row is null.</summary>
    internal ReadOnlySpan<ulong> Validity
    {
        get
        {
            var bits = Api.duckdb_vector_get_validity(handle);
            return bits == null ? default : new(bits, (count + 63) >> 6);
        }
    }

    internal LogicalType Type() => Api.duckdb_vector_get_column_type(handle);

    /// <summary>All items of all lists, one after the other; an entry says which are a row's.</summary>
    internal ReadOnlySpan<ListEntry> Lists => Values<ListEntry>();

    internal DuckDbVector Items() => new(Api.duckdb_list_vector_get_child(handle), (int)Api.duckdb_list_vector_get_size(handle));
    internal DuckDbVector ArrayItems(int size) => new(Api.duckdb_array_vector_get_child(handle), count * size);
    internal DuckDbVector Field(int index) => new(Api.duckdb_struct_vector_get_child(handle, (ulong)index), count);
}

[StructLayout(LayoutKind.Sequential)]
readonly record struct ListEntry(ulong Offset, ulong Length);

/// <summary>
/// A text or binary value.
/// <code>
/// 0        4                           16
/// | length | up to 12 bytes            |     short
/// | length | 4 bytes    | pointer      |     long: the first bytes, and where all of them are
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
unsafe struct DuckDbText
{
    internal const int InlineLength = 12;

    [FieldOffset(0)] internal int Length;
    [FieldOffset(4)] internal byte First;
    [FieldOffset(8)] internal byte* Far;

    /// <summary>Good for as long as this value stays where it is: take it from the span of a vector by reference.</summary>
    [UnscopedRef]
    internal readonly ReadOnlySpan<byte> Bytes =>
        Length <= InlineLength
            ? MemoryMarshal.CreateReadOnlySpan(ref Unsafe.AsRef(in First), Length)
            : new ReadOnlySpan<byte>(Far, Length);

    public readonly override string ToString() => System.Text.Encoding.UTF8.GetString(Bytes);
}
