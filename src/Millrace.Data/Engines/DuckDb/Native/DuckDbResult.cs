namespace Millrace.Data.Engines.DuckDb;

/// <summary>Rows, read forward in chunks.</summary>
sealed unsafe class DuckDbResult : IDisposable
{
    readonly DuckDbConnection connection;
    readonly ResultHandle handle;
    readonly Interruption interruption;
    readonly bool streamed;
    nint current;
    bool ended;

    internal DuckDbResult(DuckDbConnection connection, ResultHandle handle, Interruption interruption, bool streamed)
    {
        this.connection = connection;
        this.handle = handle;
        this.interruption = interruption;
        this.streamed = streamed;
        connection.Latest = this;
        ColumnCount = (int)Api.duckdb_column_count(handle.Result);
    }

    internal int ColumnCount { get; }
    internal string ColumnName(int column) => Api.Text(Api.duckdb_column_name(handle.Result, (ulong)column));
    internal LogicalType ColumnType(int column) => Api.duckdb_column_logical_type(handle.Result, (ulong)column);

    /// <summary>The next chunk, which is there until the one after it is asked for.</summary>
    internal bool Read(out DuckDbChunk chunk)
    {
        ObjectDisposedException.ThrowIf(handle.IsClosed, this);
        Free();
        while (!ended)
        {
            current = Api.duckdb_fetch_chunk(*handle.Result);
            if (current == 0)
            {
                var error = Api.duckdb_result_error(handle.Result);
                ended = true;
                if (error != 0 && *(byte*)error != 0) throw interruption.Reason(handle);
                break;
            }
            chunk = new(current);
            if (chunk.RowCount > 0) return true;
            Free();
        }
        chunk = default;
        return false;
    }

    public void Dispose()
    {
        if (handle.IsClosed) return;
        Free();
        handle.Dispose();
        interruption.Dispose();
        if (streamed && !ended) connection.Abandon(this);
    }

    void Free()
    {
        if (current != 0) Api.duckdb_destroy_data_chunk(ref current);
    }
}
