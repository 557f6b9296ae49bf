using System.Runtime.InteropServices;

namespace Millrace.Data.Engines.DuckDb;

static unsafe partial class Api
{
    [LibraryImport(DuckDbLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int duckdb_appender_create_ext(
        ConnectionHandle connection, string? catalog, string? schema, string table, out AppenderHandle appender);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial int duckdb_append_data_chunk(AppenderHandle appender, nint chunk);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial int duckdb_appender_close(AppenderHandle appender);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial int duckdb_appender_clear(AppenderHandle appender);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_appender_error(AppenderHandle appender);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_appender_error_data(AppenderHandle appender);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial DuckDbErrorType duckdb_error_data_error_type(nint error);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_error_data_message(nint error);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial void duckdb_destroy_error_data(ref nint error);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial int duckdb_appender_destroy(ref nint appender);
}
