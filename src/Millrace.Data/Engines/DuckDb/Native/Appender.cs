namespace Millrace.Data.Engines.DuckDb;

/// <summary>Writes rows to the end of a table, chunk by chunk: the fastest way in.</summary>
sealed unsafe class Appender : IDisposable
{
    readonly AppenderHandle handle;
    readonly LogicalType[] types;
    readonly string table;
    nint chunk;

    /// <param name="types">What the chunks hold; DuckDB casts where the table's columns are others. Disposed with the appender.</param>
    internal Appender(DuckDbConnection connection, LogicalType[] types, string table, string? schema = null, string? catalog = null)
    {
        this.table = table;
        this.types = types;
        var state = Api.duckdb_appender_create_ext(connection.Handle, catalog, schema, table, out handle);
        if (state != Api.Success)
        {
            using (handle) throw DuckDbException.From(Api.Text(Api.duckdb_appender_error(handle)));
        }
        var pointers = stackalloc nint[types.Length];
        for (var i = 0; i < types.Length; i++) pointers[i] = types[i].Pointer;
        chunk = Api.duckdb_create_data_chunk(pointers, (ulong)types.Length);
    }

    /// <summary>An empty chunk to fill; it is the same one each time.</summary>
    internal ChunkWriter NextChunk()
    {
        Api.duckdb_data_chunk_reset(chunk);
        return new(chunk);
    }

    /// <summary>Adds the rows of the chunk that was filled.</summary>
    internal void Append(int rows)
    {
        Api.duckdb_data_chunk_set_size(chunk, (ulong)rows);
        if (Api.duckdb_append_data_chunk(handle, chunk) != Api.Success) throw Failure();
    }

    /// <summary>Hands over all that was appended.</summary>
    internal void Complete()
    {
        if (Api.duckdb_appender_close(handle) != Api.Success) throw Failure();
    }

    public void Dispose()
    {
        if (handle.IsClosed) return;
        // Destroying an appender flushes it; what wasn't completed must not get in.
        _ = Api.duckdb_appender_clear(handle);
        handle.Dispose();
        Api.duckdb_destroy_data_chunk(ref chunk);
        foreach (var type in types) type.Dispose();
    }

    DuckDbException Failure()
    {
        var error = Api.duckdb_appender_error_data(handle);
        var failure = DuckDbException.From(Api.Text(Api.duckdb_error_data_message(error)), Api.duckdb_error_data_error_type(error));
        Api.duckdb_destroy_error_data(ref error);
        return new(failure.Type, $"Rows can't be appended to '{table}': {failure.Message}", failure);
    }
}
