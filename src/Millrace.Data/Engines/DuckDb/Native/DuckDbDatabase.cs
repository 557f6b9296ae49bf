namespace Millrace.Data.Engines.DuckDb;

/// <summary>A database in memory or in a file, with its threads and its memory; work is done on connections to it.</summary>
sealed class DuckDbDatabase : IDisposable
{
    readonly DatabaseHandle handle;

    DuckDbDatabase(DatabaseHandle handle) => this.handle = handle;

    /// <summary>The tables of batches that connections to this database have been given.</summary>
    internal BatchTables Tables { get; } = new();

    /// <summary>The version of the native library.</summary>
    internal static string Version { get; } = Api.Text(Api.duckdb_library_version());

    internal static DuckDbDatabase InMemory(DuckDbOptions? options = null) => Open(null, options ?? new());

    /// <summary>Opens the file, or creates it.</summary>
    internal static DuckDbDatabase OpenFile(string path, DuckDbOptions? options = null) => Open(path, options ?? new());

    static DuckDbDatabase Open(string? path, DuckDbOptions options)
    {
        if (Api.duckdb_create_config(out var config) != Api.Success) throw new DuckDbException(DuckDbErrorType.Settings, "DuckDB gave no configuration.");
        try
        {
            foreach (var (name, value) in options.All())
            {
                if (Api.duckdb_set_config(config, name, value) != Api.Success)
                    throw new DuckDbException(DuckDbErrorType.Settings, $"DuckDB has no setting '{name}', or it can't be '{value}'.");
            }
            if (Api.duckdb_open_ext(path, out var database, config, out var error) == Api.Success) return new(database);
            database.SetHandleAsInvalid();
            throw DuckDbException.From(Api.TakeText(error));
        }
        finally
        {
            Api.duckdb_destroy_config(ref config);
        }
    }

    /// <summary>A connection whose time zone is UTC.</summary>
    internal DuckDbConnection Connect()
    {
        if (Api.duckdb_connect(handle, out var connection) != Api.Success)
        {
            connection.SetHandleAsInvalid();
            throw new DuckDbException(DuckDbErrorType.Connection, "DuckDB gave no connection: the database is closed.");
        }
        var made = new DuckDbConnection(this, connection);
        made.Execute("SET TimeZone = 'UTC'");
        return made;
    }

    public void Dispose() => handle.Dispose();
}
