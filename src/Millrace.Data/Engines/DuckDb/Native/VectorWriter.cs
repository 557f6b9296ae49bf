using System.Runtime.CompilerServices;

namespace Millrace.Data.Engines.DuckDb;

/// <summary>A vector of DuckDB's that is being filled.</summary>
readonly unsafe struct VectorWriter(nint handle)
{
    internal nint Handle => handle;

    /// <summary>Room for that many values; a column of a chunk has room for <see cref="Api.VectorSize"/>.</summary>
    internal Span<T> Values<T>(int count) where T : unmanaged => new(Api.duckdb_vector_get_data(handle), count);

    /// <summary>A bit per row, all of them 1 at first.</summary>
    internal Span<ulong> Validity(int count)
    {
        Api.duckdb_vector_ensure_validity_writable(handle);
        return new(Api.duckdb_vector_get_validity(handle), (count + 63) >> 6);
    }

    internal LogicalType Type() => Api.duckdb_vector_get_column_type(handle);

    /// <param name="bytes">Not checked: DuckDB takes a text for UTF-8.</param>
    internal void Set(Span<DuckDbText> texts, int row, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > DuckDbText.InlineLength)
        {
            fixed (byte* start = bytes) Api.duckdb_unsafe_vector_assign_string_element_len(handle, (ulong)row, start, (ulong)bytes.Length);
            return;
        }
        // Zeroes behind the text: short texts are compared as 16 bytes.
        ref var text = ref texts[row];
        text = default;
        text.Length = bytes.Length;
        bytes.CopyTo(new Span<byte>(Unsafe.AsPointer(ref text.First), DuckDbText.InlineLength));
    }

    /// <summary>Makes room for that many items in all lists together; they start at <paramref name="start"/>, behind those that are there.</summary>
    internal VectorWriter AddItems(int count, out int start)
    {
        start = (int)Api.duckdb_list_vector_get_size(handle);
        var total = (ulong)(start + count);
        if (Api.duckdb_list_vector_reserve(handle, total) != Api.Success || Api.duckdb_list_vector_set_size(handle, total) != Api.Success)
            throw new DuckDbException(DuckDbErrorType.OutOfMemory, $"DuckDB has no room for {total} list items in one chunk.");
        return new(Api.duckdb_list_vector_get_child(handle));
    }

    internal VectorWriter Field(int index) => new(Api.duckdb_struct_vector_get_child(handle, (ulong)index));
}

/// <summary>A chunk of DuckDB's that is being filled.</summary>
readonly struct ChunkWriter(nint handle)
{
    internal nint Handle => handle;
    internal VectorWriter this[int column] => new(Api.duckdb_data_chunk_get_vector(handle, (ulong)column));
    internal int RowCount { set => Api.duckdb_data_chunk_set_size(handle, (ulong)value); }
}
