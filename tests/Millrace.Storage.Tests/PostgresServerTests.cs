using Millrace.Testing.Servers;

using Npgsql;

namespace Millrace.Storage.Tests;

public sealed class PostgresServerTests
{
    [Fact]
    public async Task Each_database_is_new_and_empty()
    {
        await using var one = await PostgresDatabase.CreateAsync(TestContext.Current.CancellationToken);
        await using var other = await PostgresDatabase.CreateAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(one.Name, other.Name);
        Assert.Equal(0L, await ScalarAsync(one.ConnectionString, "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"));
    }

    [Fact]
    public async Task A_crashed_server_comes_back_with_what_was_committed()
    {
        await using var server = await PostgresServer.StartAsync(TestContext.Current.CancellationToken);
        await ScalarAsync(server.ConnectionString, "CREATE TABLE kept AS SELECT 42 AS answer");

        await server.CrashAndRestartAsync(TestContext.Current.CancellationToken);
        NpgsqlConnection.ClearAllPools();
        Assert.Equal(42, await ScalarAsync(server.ConnectionString, "SELECT answer FROM kept"));

        await server.RestartAsync(TestContext.Current.CancellationToken);
        NpgsqlConnection.ClearAllPools();
        Assert.Equal(42, await ScalarAsync(server.ConnectionString, "SELECT answer FROM kept"));
    }

    static async Task<object?> ScalarAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }
}
