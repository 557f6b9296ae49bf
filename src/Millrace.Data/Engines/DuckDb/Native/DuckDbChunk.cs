namespace Millrace.Data.Engines.DuckDb;

/// <summary>Up to 2,048 rows, column by column, in DuckDB's own memory: good for as long as their owner says.</summary>
readonly struct DuckDbChunk(nint handle)
{
    internal nint Handle => handle;
    internal int RowCount => (int)Api.duckdb_data_chunk_get_size(handle);
    internal int ColumnCount => (int)Api.duckdb_data_chunk_get_column_count(handle);
    internal DuckDbVector this[int column] => new(Api.duckdb_data_chunk_get_vector(handle, (ulong)column), RowCount);
}
