using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Millrace.Data.Engines.DuckDb;

/// <summary>DuckDB's C API, as its header declares it: databases, connections and statements here, the rest by subject.</summary>
static unsafe partial class Api
{
    internal const int Success = 0;

    /// <summary>Rows in a vector: fixed when the library is built.</summary>
    internal const int VectorSize = 2048;

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_library_version();

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial void duckdb_free(nint memory);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial int duckdb_create_config(out nint config);

    [LibraryImport(DuckDbLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int duckdb_set_config(nint config, string name, string option);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial void duckdb_destroy_config(ref nint config);

    [LibraryImport(DuckDbLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int duckdb_open_ext(string? path, out DatabaseHandle database, nint config, out nint error);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial void duckdb_close(ref nint database);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial int duckdb_connect(DatabaseHandle database, out ConnectionHandle connection);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial void duckdb_disconnect(ref nint connection);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial void duckdb_interrupt(ConnectionHandle connection);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial QueryProgress duckdb_query_progress(ConnectionHandle connection);

    [LibraryImport(DuckDbLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int duckdb_query(ConnectionHandle connection, string sql, NativeResult* result);

    [LibraryImport(DuckDbLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int duckdb_prepare(ConnectionHandle connection, string sql, out StatementHandle statement);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_prepare_error(StatementHandle statement);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial void duckdb_destroy_prepare(ref nint statement);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial ulong duckdb_nparams(StatementHandle statement);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial ulong duckdb_prepared_statement_column_count(StatementHandle statement);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_prepared_statement_column_name(StatementHandle statement, ulong column);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial LogicalType duckdb_prepared_statement_column_logical_type(StatementHandle statement, ulong column);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial int duckdb_clear_bindings(StatementHandle statement);

    [LibraryImport(DuckDbLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int duckdb_bind_parameter_index(StatementHandle statement, out ulong index, string name);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial int duckdb_bind_value(StatementHandle statement, ulong index, nint value);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial int duckdb_execute_prepared(StatementHandle statement, NativeResult* result);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial int duckdb_pending_prepared_streaming(StatementHandle statement, out nint pending);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_pending_error(nint pending);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial int duckdb_execute_pending(nint pending, NativeResult* result);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial void duckdb_destroy_pending(ref nint pending);

    internal static string Text(nint utf8) => Marshal.PtrToStringUTF8(utf8) ?? "";

    /// <summary>Reads a text that the caller owns, and frees it.</summary>
    internal static string TakeText(nint utf8)
    {
        var text = Text(utf8);
        duckdb_free(utf8);
        return text;
    }
}

/// <summary>A result's outer shell, passed by value as C does: five fields we never read and the one that counts.</summary>
[StructLayout(LayoutKind.Sequential)]
struct NativeResult
{
    ulong columns, rows, changed;
    nint data, error;
    internal nint Internal;
}

[StructLayout(LayoutKind.Sequential)]
readonly struct QueryProgress
{
    /// <summary>0 to 100, or -1 while nothing is known.</summary>
    internal readonly double Percentage;
    internal readonly ulong RowsProcessed;
    internal readonly ulong TotalRows;
}
