using System.Runtime.InteropServices;

namespace Millrace.Data.Engines.DuckDb;

static unsafe partial class Api
{
    [LibraryImport(DuckDbLibrary.Name), SuppressGCTransition]
    internal static partial void* duckdb_vector_get_data(nint vector);

    [LibraryImport(DuckDbLibrary.Name), SuppressGCTransition]
    internal static partial ulong* duckdb_vector_get_validity(nint vector);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial void duckdb_vector_ensure_validity_writable(nint vector);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial LogicalType duckdb_vector_get_column_type(nint vector);

    // May grow the heap of the vector; still far below the microsecond from which a suppressed transition would hold up the GC.
    [LibraryImport(DuckDbLibrary.Name), SuppressGCTransition]
    internal static partial void duckdb_unsafe_vector_assign_string_element_len(nint vector, ulong index, byte* text, ulong length);

    [LibraryImport(DuckDbLibrary.Name), SuppressGCTransition]
    internal static partial nint duckdb_list_vector_get_child(nint vector);

    [LibraryImport(DuckDbLibrary.Name), SuppressGCTransition]
    internal static partial ulong duckdb_list_vector_get_size(nint vector);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial int duckdb_list_vector_set_size(nint vector, ulong size);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial int duckdb_list_vector_reserve(nint vector, ulong capacity);

    [LibraryImport(DuckDbLibrary.Name), SuppressGCTransition]
    internal static partial nint duckdb_struct_vector_get_child(nint vector, ulong index);

    [LibraryImport(DuckDbLibrary.Name), SuppressGCTransition]
    internal static partial nint duckdb_array_vector_get_child(nint vector);
}
