using System.Runtime.InteropServices;

namespace Millrace.Data.Engines.DuckDb;

static unsafe partial class Api
{
    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial void duckdb_destroy_result(NativeResult* result);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_result_error(NativeResult* result);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial DuckDbErrorType duckdb_result_error_type(NativeResult* result);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial ulong duckdb_column_count(NativeResult* result);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_column_name(NativeResult* result, ulong column);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial LogicalType duckdb_column_logical_type(NativeResult* result, ulong column);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial ulong duckdb_rows_changed(NativeResult* result);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_fetch_chunk(NativeResult result);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_create_data_chunk(nint* types, ulong columns);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial void duckdb_destroy_data_chunk(ref nint chunk);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial void duckdb_data_chunk_reset(nint chunk);

    // The calls below look at a field or two: shorter than the switch to native code that they are spared.

    [LibraryImport(DuckDbLibrary.Name), SuppressGCTransition]
    internal static partial ulong duckdb_data_chunk_get_column_count(nint chunk);

    [LibraryImport(DuckDbLibrary.Name), SuppressGCTransition]
    internal static partial ulong duckdb_data_chunk_get_size(nint chunk);

    [LibraryImport(DuckDbLibrary.Name), SuppressGCTransition]
    internal static partial void duckdb_data_chunk_set_size(nint chunk, ulong size);

    [LibraryImport(DuckDbLibrary.Name), SuppressGCTransition]
    internal static partial nint duckdb_data_chunk_get_vector(nint chunk, ulong column);
}
