using Millrace.Metadata;
using Millrace.Runs;
using Millrace.Storage.Postgres;
using Millrace.Testing.Servers;

using Npgsql;

namespace Millrace.Storage.Tests;

public sealed class PostgresStoreTests : MetadataStoreContract
{
    PostgresDatabase database = null!;

    internal override IMetadataStore Open() => new PostgresStore(database.ConnectionString);

    protected override async ValueTask CreateDatabaseAsync() => database = await PostgresDatabase.CreateAsync(Token);

    protected override ValueTask DropDatabaseAsync() => database.DisposeAsync();

    [Fact]
    public async Task Stores_that_migrate_a_new_database_at_once_all_find_it_migrated()
    {
        await using var fresh = await PostgresDatabase.CreateAsync(Token);
        var stores = Enumerable.Range(0, 4).Select(_ => new PostgresStore(fresh.ConnectionString)).ToList();
        await Task.WhenAll(stores.Select(s => Task.Run(() => s.MigrateAsync(Token), Token)));
        foreach (var store in stores)
        {
            Assert.Empty((await store.CheckAsync(Token)).Problems);
            await store.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_database_that_is_not_migrated_yet_says_what_to_run()
    {
        await using var fresh = await PostgresDatabase.CreateAsync(Token);
        await using var store = new PostgresStore(fresh.ConnectionString);
        Assert.Contains("millrace db migrate", Assert.Single((await store.CheckAsync(Token)).Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_another_store_says_is_heard_also_after_the_connection_broke()
    {
        await using var listener = new PostgresStore(database.ConnectionString);
        await using var speaker = new PostgresStore(database.ConnectionString);
        var heard = System.Threading.Channels.Channel.CreateUnbounded<RunId?>();
        listener.ChangedElsewhere += run => heard.Writer.TryWrite(run);
        // Listening has begun.
        Assert.Null(await heard.Reader.ReadAsync(Token));

        var run = RunId.New(DateTimeOffset.UnixEpoch);
        await listener.NotifyAsync(RunId.New(DateTimeOffset.UnixEpoch), Token);
        await speaker.NotifyAsync(run, Token);
        Assert.Equal(run, await heard.Reader.ReadAsync(Token));
        await speaker.NotifyAsync(null, Token);
        Assert.Null(await heard.Reader.ReadAsync(Token));

        await speaker.ExecuteScriptAsync("select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen millrace' and datname = current_database()", Token);
        Assert.Null(await heard.Reader.ReadAsync(Token));
        await speaker.NotifyAsync(run, Token);
        Assert.Equal(run, await heard.Reader.ReadAsync(Token));
    }

    [Fact]
    public async Task A_connection_that_breaks_during_a_commit_fails_it_and_nothing_is_half_written()
    {
        var run = await CreateAsync(NewRow());
        await using var blocker = new NpgsqlConnection(database.ConnectionString);
        await blocker.OpenAsync(Token);
        await using var transaction = await blocker.BeginTransactionAsync(Token);
        await ExecuteAsync(blocker, "select 1 from runs for update");

        var commit = CommitAsync(Change(run, RunState.Running, Instance(run, "t", TaskState.Queued)));
        await UntilAsync(blocker, "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'");
        await ExecuteAsync(blocker, "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'");
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => commit);
        await transaction.RollbackAsync(Token);

        var kept = await Store.LoadRunAsync(run.Id, Token);
        Assert.Equal(run, kept!.Run);
        Assert.Empty(kept.Tasks);
        Assert.True(await CommitAsync(Change(run, RunState.Running)));
    }

    [Fact]
    public async Task Reads_survive_connections_that_broke_while_idle()
    {
        var run = await CreateAsync(NewRow());
        await using var killer = new NpgsqlConnection(database.ConnectionString + ";Pooling=false");
        await killer.OpenAsync(Token);
        await ExecuteAsync(killer, "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
        await UntilAsync(killer, "select (count(*) = 1)::int::bigint from pg_stat_activity where datname = current_database()");
        Assert.Equal(run, await ReloadAsync(run));
    }

    static async Task UntilAsync(NpgsqlConnection connection, string sql)
    {
        while (await ExecuteAsync(connection, sql) is not > 0L)
            await Task.Delay(5, Token);
    }

    static async Task<object?> ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Token);
    }
}
