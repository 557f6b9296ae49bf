using Millrace.Testing.Servers;
using Npgsql;

namespace Millrace.Data.Tests.Loading;

/// <summary>Loads of PostgreSQL that its limits, its triggers or a broken connection get in the way of.</summary>
public sealed class PostgresTroubleTests : IAsyncLifetime
{
    // Nobody waits that long for an answer, unless it never comes.
    static readonly TimeSpan ForEver = TimeSpan.FromMinutes(1);

    PostgresDatabase database = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => database = await PostgresDatabase.CreateAsync(Cancel);

    public ValueTask DisposeAsync() => database.DisposeAsync();

    PostgresTable Table(string name, params string[] key) => Postgres.Connect(database.ConnectionString).Table(name, key);

    static async Task<object?> RunAsync(string place, string sql)
    {
        await using var session = new NpgsqlConnection(place);
        await session.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand(sql, session);
        return await command.ExecuteScalarAsync(Cancel);
    }

    Task<object?> RunAsync(string sql) => RunAsync(database.ConnectionString, sql);

    [Fact]
    public async Task More_streams_than_there_are_connections_fail_the_load_and_leave_nothing()
    {
        var role = $"limited_{Guid.NewGuid():n}";
        var place = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = role }.ConnectionString;
        await RunAsync($"create role {role} login connection limit 3; grant all on schema public to {role}");
        try
        {
            var load = Frame.From([new Reading(1, "a", 1)]).LoadAsync(Postgres.Connect(place).Table("readings", key: ["id"]), Load.Upsert, new LoadOptions { Streams = 5 }, Cancel);
            var failed = await Assert.ThrowsAsync<LoadException>(() => load.WaitAsync(ForEver, Cancel));
            Assert.Contains("too many connections", failed.Message, StringComparison.Ordinal);
            Assert.Equal(0L, await RunAsync("select count(*) from pg_class where relname like 'millrace_staging%'"));
        }
        finally
        {
            await using (var pooled = new NpgsqlConnection(place)) NpgsqlConnection.ClearPool(pooled);
            await RunAsync($"drop owned by {role}; drop role {role}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_connection_that_the_server_ends_is_named_as_the_cause(int streams)
    {
        async IAsyncEnumerable<Reading> Interrupted()
        {
            for (var i = 0; i < 300_000; i++)
            {
                if (i == 100_000) await RunAsync("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and query ilike 'copy%' and pid <> pg_backend_pid()");
                yield return new Reading(i, "x", i);
            }
        }
        var load = Frame.From(Interrupted()).LoadAsync(Table("readings", "id"), Load.Upsert, new LoadOptions { Streams = streams }, Cancel);
        var failed = await Assert.ThrowsAsync<LoadException>(() => load.WaitAsync(ForEver, Cancel));
        Assert.Contains("went away", failed.Message, StringComparison.Ordinal);
        NpgsqlConnection.ClearAllPools();
        Assert.Equal(1, (await Frame.From([new Reading(1, "a", 1)]).LoadAsync(Table("readings", "id"), Load.Upsert, new LoadOptions { Streams = streams }, Cancel)).Added);
    }

    [Theory]
    [InlineData(Load.Full)]
    [InlineData(Load.Append)]
    [InlineData(Load.InsertOnly)]
    [InlineData(Load.Upsert)]
    [InlineData(Load.DeleteInsert)]
    [InlineData(Load.Scd2)]
    public async Task Rows_that_a_trigger_keeps_out_fail_the_load(Load mode)
    {
        await RunAsync("""
            create table readings (id int, station text, celsius numeric(12,3), valid_from timestamptz, valid_to timestamptz, is_current boolean);
            create function keep_out() returns trigger language plpgsql as $$ begin if new.id % 2 = 0 then return null; end if; return new; end $$;
            create trigger keep_out before insert on readings for each row execute function keep_out()
            """);
        var failed = await Assert.ThrowsAsync<LoadException>(() => Frame.From(Enumerable.Range(1, 10).Select(i => new Reading(i, "a", i))).LoadAsync(Table("readings", "id"), mode, cancel: Cancel));
        Assert.Contains("doesn't add up", failed.Message, StringComparison.Ordinal);
        Assert.Equal(0L, await RunAsync("select count(*) from readings"));
    }

    [Fact]
    public async Task Changes_that_a_trigger_keeps_out_fail_the_load()
    {
        await Frame.From([new Reading(1, "a", 1), new Reading(2, "b", 2)]).LoadAsync(Table("readings", "id"), Load.Upsert, cancel: Cancel);
        await RunAsync("""
            create function keep() returns trigger language plpgsql as $$ begin return case when old.id = 2 then null else new end; end $$;
            create trigger keep before update on readings for each row execute function keep()
            """);
        var failed = await Assert.ThrowsAsync<LoadException>(() => Frame.From([new Reading(1, "x", 1), new Reading(2, "y", 2)]).LoadAsync(Table("readings", "id"), Load.Upsert, cancel: Cancel));
        Assert.Contains("doesn't add up", failed.Message, StringComparison.Ordinal);
        Assert.Equal("a", await RunAsync("select station from readings where id = 1"));
    }

    [Theory]
    [InlineData(Load.Upsert)]
    [InlineData(Load.Scd2)]
    public async Task Columns_of_json_are_compared_by_what_they_say(Load mode)
    {
        await RunAsync("""
            create table notes (id int, note json, valid_from timestamptz default 'epoch', valid_to timestamptz, is_current boolean default true);
            insert into notes values (1, '{"a":1}'), (2, '{"a": 2}')
            """);
        var report = await Frame.From([new Item(1, """{"a":5}"""), new Item(2, """{"a":2}"""), new Item(3, "{}")]).LoadAsync(Table("notes", "id"), mode, cancel: Cancel);
        Assert.Equal((1, 1, 1), (report.Added, report.Changed, report.Unchanged));
    }

    sealed record Item(int Id, string Note);
}
