using System.Runtime.InteropServices;

namespace Millrace.Data.Engines.DuckDb;

/// <summary>A table that C# computes and SQL reads by name, called with one number that says which.</summary>
abstract unsafe class TableFunction(string name)
{
    /// <summary>What <c>name(argument)</c> is. Called while a statement is prepared.</summary>
    internal abstract TableScanPlan Bind(long argument);

    /// <summary>Registers it for all connections to the database. It lives as long as the database.</summary>
    internal void Register(DuckDbConnection connection)
    {
        var function = Api.duckdb_create_table_function();
        try
        {
            Api.duckdb_table_function_set_name(function, name);
            using (var number = LogicalType.Of(DuckDbTypeId.BigInt)) Api.duckdb_table_function_add_parameter(function, number);
            Api.duckdb_table_function_set_extra_info(function, GCHandle.ToIntPtr(GCHandle.Alloc(this)), &Callbacks.Free);
            Api.duckdb_table_function_set_bind(function, &OnBind);
            Api.duckdb_table_function_set_init(function, &OnInit);
            Api.duckdb_table_function_set_local_init(function, &OnLocalInit);
            Api.duckdb_table_function_set_function(function, &OnRead);
            Api.duckdb_table_function_supports_projection_pushdown(function, 1);
            if (Api.duckdb_register_table_function(connection.Handle, function) != Api.Success)
                throw new DuckDbException(DuckDbErrorType.Catalog, $"The table function '{name}' can't be registered: DuckDB has one of that name.");
        }
        finally
        {
            Api.duckdb_destroy_table_function(ref function);
        }
    }

    [UnmanagedCallersOnly]
    static void OnBind(nint info)
    {
        try
        {
            var argument = Api.duckdb_bind_get_parameter(info, 0);
            var number = Api.duckdb_get_int64(argument);
            Api.duckdb_destroy_value(ref argument);
            var plan = Callbacks.Target<TableFunction>(Api.duckdb_bind_get_extra_info(info)).Bind(number);
            foreach (var (column, type) in plan.Columns())
            {
                using (type) Api.duckdb_bind_add_result_column(info, column, type);
            }
            if (plan.Cardinality is { } rows) Api.duckdb_bind_set_cardinality(info, (ulong)rows, 0);
            Api.duckdb_bind_set_bind_data(info, GCHandle.ToIntPtr(GCHandle.Alloc(plan)), &Callbacks.Free);
        }
        catch (Exception thrown)
        {
            Api.duckdb_bind_set_error(info, CallbackFailures.Keep(thrown));
        }
    }

    [UnmanagedCallersOnly]
    static void OnInit(nint info)
    {
        try
        {
            var plan = Callbacks.Target<TableScanPlan>(Api.duckdb_init_get_bind_data(info));
            var columns = new int[Api.duckdb_init_get_column_count(info)];
            for (var i = 0; i < columns.Length; i++)
            {
                // A number that is no column's stands for the row's place: asked for where rows are only counted.
                var column = Api.duckdb_init_get_column_index(info, (ulong)i);
                columns[i] = column <= int.MaxValue ? (int)column : -1;
            }
            var scan = plan.Begin(columns);
            Api.duckdb_init_set_max_threads(info, (ulong)scan.MaxThreads);
            Api.duckdb_init_set_init_data(info, GCHandle.ToIntPtr(GCHandle.Alloc(scan)), &Callbacks.Free);
        }
        catch (Exception thrown)
        {
            Api.duckdb_init_set_error(info, CallbackFailures.Keep(thrown));
        }
    }

    [UnmanagedCallersOnly]
    static void OnLocalInit(nint info)
    {
        // What one thread keeps is made at its first read, where the scan is at hand; DuckDB gives it a place here.
        Api.duckdb_init_set_init_data(info, GCHandle.ToIntPtr(GCHandle.Alloc(new ThreadOfScan())), &Callbacks.Free);
    }

    [UnmanagedCallersOnly]
    static void OnRead(nint info, nint output)
    {
        try
        {
            var scan = Callbacks.Target<TableScan>(Api.duckdb_function_get_init_data(info));
            var thread = Callbacks.Target<ThreadOfScan>(Api.duckdb_function_get_local_init_data(info));
            thread.Reader ??= scan.NewReader();
            var chunk = new ChunkWriter(output);
            chunk.RowCount = thread.Reader.Read(chunk);
        }
        catch (Exception thrown)
        {
            Api.duckdb_function_set_error(info, CallbackFailures.Keep(thrown));
        }
    }

    sealed class ThreadOfScan : IDisposable
    {
        internal TableReader? Reader { get; set; }

        public void Dispose() => Reader?.Dispose();
    }
}

/// <summary>A table as a statement sees it, which may run several times or never.</summary>
abstract class TableScanPlan
{
    /// <summary>The types are the caller's to dispose.</summary>
    internal abstract IEnumerable<(string Name, LogicalType Type)> Columns();

    /// <summary>How many rows there are, roughly; for the optimiser.</summary>
    internal virtual long? Cardinality => null;

    /// <param name="columns">Which columns are wanted, in the order of the chunks to come; -1 for one that needn't be filled.</param>
    internal abstract TableScan Begin(int[] columns);
}

/// <summary>One run through a table, disposed at its end.</summary>
abstract class TableScan : IDisposable
{
    /// <summary>How many readers may be at work at once.</summary>
    internal virtual int MaxThreads => 1;

    internal abstract TableReader NewReader();

    public abstract void Dispose();
}

/// <summary>One thread's part of a scan.</summary>
abstract class TableReader : IDisposable
{
    /// <summary>Fills up to <see cref="Api.VectorSize"/> rows and says how many; 0 ends this thread's part.</summary>
    internal abstract int Read(ChunkWriter output);

    public abstract void Dispose();
}
