namespace Millrace.Data.Engines.DuckDb;

/// <summary>A prepared statement. Parameters are numbered from 1, or named.</summary>
sealed unsafe class DuckDbStatement(DuckDbConnection connection, StatementHandle handle) : IDisposable
{
    internal int ParameterCount => (int)Api.duckdb_nparams(handle);
    internal int ColumnCount => (int)Api.duckdb_prepared_statement_column_count(handle);
    internal string ColumnName(int column) => Api.Text(Api.duckdb_prepared_statement_column_name(handle, (ulong)column));
    internal LogicalType ColumnType(int column) => Api.duckdb_prepared_statement_column_logical_type(handle, (ulong)column);

    /// <param name="index">From 1.</param>
    /// <param name="value">Null, or a value of one of the types that <see cref="DuckDbValue"/> knows.</param>
    internal DuckDbStatement Bind(int index, object? value)
    {
        using var native = DuckDbValue.From(value);
        if (Api.duckdb_bind_value(handle, (ulong)index, native.Pointer) != Api.Success)
            throw new DuckDbException(DuckDbErrorType.InvalidInput, $"Parameter {index} can't be bound: {Api.Text(Api.duckdb_prepare_error(handle))}");
        return this;
    }

    internal DuckDbStatement Bind(string name, object? value) =>
        Api.duckdb_bind_parameter_index(handle, out var index, name) == Api.Success
            ? Bind((int)index, value)
            : throw new DuckDbException(DuckDbErrorType.InvalidInput, $"The statement has no parameter ${name}.");

    internal DuckDbResult Query(CancellationToken cancel = default)
    {
        var interruption = new Interruption(connection, cancel);
        var result = new ResultHandle();
        if (Api.duckdb_execute_prepared(handle, result.Result) == Api.Success) return new(connection, result, interruption, streamed: false);
        using (interruption)
        using (result)
            throw interruption.Reason(result);
    }

    internal DuckDbResult Stream(CancellationToken cancel = default)
    {
        var interruption = new Interruption(connection, cancel);
        var result = new ResultHandle();
        nint pending = 0;
        try
        {
            if (Api.duckdb_pending_prepared_streaming(handle, out pending) != Api.Success)
                throw interruption.Reason(Api.Text(Api.duckdb_pending_error(pending)));
            if (Api.duckdb_execute_pending(pending, result.Result) != Api.Success) throw interruption.Reason(result);
            return new(connection, result, interruption, streamed: true);
        }
        catch
        {
            result.Dispose();
            interruption.Dispose();
            throw;
        }
        finally
        {
            Api.duckdb_destroy_pending(ref pending);
        }
    }

    public void Dispose() => handle.Dispose();
}
