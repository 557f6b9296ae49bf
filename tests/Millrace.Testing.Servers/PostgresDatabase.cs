using Npgsql;

namespace Millrace.Testing.Servers;

/// <summary>A fresh, empty database on the server that the tests of this process share; dropped on dispose.</summary>
public sealed class PostgresDatabase : IAsyncDisposable
{
    const string Variable = "MILLRACE_TEST_POSTGRES";

    // Nobody disposes this server: it ends with the process. It is kept here, because if it were collected, its guard
    // would lose the pipe that keeps the server up.
    static PostgresServer? shared;

    static readonly Lazy<Task<string>> Server = new(async () =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given ? given : (shared = await PostgresServer.StartAsync(durable: false)).ConnectionString);

    readonly string server;

    PostgresDatabase(string server, string name)
    {
        this.server = server;
        Name = name;
        ConnectionString = new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;
    }

    public string Name { get; }

    public string ConnectionString { get; }

    /// <summary>
    /// Skips the calling test where PostgreSQL is not installed, or fails it when <c>CI=true</c>. Call it from a test or
    /// from its class, not from a fixture: xunit reports a skip in a fixture as a failure.
    /// </summary>
    public static async Task<PostgresDatabase> CreateAsync(CancellationToken cancellation = default)
    {
        var database = new PostgresDatabase(await Server.Value, $"millrace_{Guid.CreateVersion7():n}");
        await database.OnServerAsync($"CREATE DATABASE {database.Name}", cancellation);
        return database;
    }

    public async ValueTask DisposeAsync()
    {
        await using (var pooled = new NpgsqlConnection(ConnectionString))
            NpgsqlConnection.ClearPool(pooled);
        await OnServerAsync($"DROP DATABASE IF EXISTS {Name} WITH (FORCE)", CancellationToken.None);
    }

    async Task OnServerAsync(string sql, CancellationToken cancellation)
    {
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync(cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
