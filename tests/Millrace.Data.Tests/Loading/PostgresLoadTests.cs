using Millrace.Testing.Servers;
using Npgsql;

namespace Millrace.Data.Tests.Loading;

public sealed class PostgresLoadTests : TableLoadContract, IAsyncLifetime
{
    PostgresDatabase database = null!;

    public async ValueTask InitializeAsync() => database = await PostgresDatabase.CreateAsync(Cancel);

    public ValueTask DisposeAsync() => database.DisposeAsync();

    protected override TableTarget Table(string name, params string[] key) => Postgres.Connect(database.ConnectionString).Table(name, key);

    async Task RunAsync(string sql)
    {
        await using var session = new NpgsqlConnection(database.ConnectionString);
        await session.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand(sql, session);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    [Fact]
    public async Task Several_streams_load_the_same_rows_and_leave_no_staging_behind()
    {
        await RunAsync("create unlogged table millrace_staging_left_by_a_killed_load (id int)");
        var rows = Enumerable.Range(0, 100_000).Select(i => new Reading(i, $"station {i % 7}", i / 8m));
        var report = await Frame.From(rows).LoadAsync(Table("readings", "id"), Load.Upsert, new LoadOptions { Streams = 3 }, Cancel);
        Assert.Equal(100_000, report.Added);
        await using var session = new NpgsqlConnection(database.ConnectionString);
        await session.OpenAsync(Cancel);
        await using var left = new NpgsqlCommand("select count(*) from pg_class where relname like 'millrace_staging%'", session);
        Assert.Equal(0L, await left.ExecuteScalarAsync(Cancel));
    }

    [Fact]
    public async Task A_view_is_upserted_without_a_merge()
    {
        await RunAsync("create table kept (id int primary key, station text, celsius numeric(12,3)); create view readings as select * from kept; insert into kept values (1, 'a', 1), (2, 'b', 2)");
        var report = await Frame.From([new Reading(1, "a", 1), new Reading(2, "b", 3), new Reading(3, "c", 3)]).LoadAsync(Table("readings", "id"), Load.Upsert, cancel: Cancel);
        Assert.Equal((1, 1, 1), (report.Added, report.Changed, report.Unchanged));
    }

    [Fact]
    public async Task A_reader_in_the_middle_of_a_full_load_sees_the_old_rows_to_its_end()
    {
        await Frame.From(new[] { new Reading(1, "a", 1) }).LoadAsync(Table("readings", "id"), Load.Full, cancel: Cancel);
        await using var reader = new NpgsqlConnection(database.ConnectionString);
        await reader.OpenAsync(Cancel);
        await using var transaction = await reader.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, Cancel);
        await using var count = new NpgsqlCommand("select sum(celsius) from readings", reader);
        Assert.Equal(1m, await count.ExecuteScalarAsync(Cancel));
        await Frame.From(new[] { new Reading(2, "b", 20) }).LoadAsync(Table("readings", "id"), Load.Full, cancel: Cancel);
        Assert.Equal(1m, await count.ExecuteScalarAsync(Cancel));
        await transaction.CommitAsync(Cancel);
        Assert.Equal(20m, await count.ExecuteScalarAsync(Cancel));
    }

    [Fact]
    public async Task Rows_of_a_plan_within_one_database_never_leave_it()
    {
        await RunAsync("create table passes (id int, plaza text, paid numeric(9,2)); insert into passes select n, case when n % 10 < 9 then 'plaza ' || n % 10 end, n from generate_series(1, 1000) n");
        var source = Postgres.Connect(database.ConnectionString).Table("passes");
        var report = await Frame.From(source).LoadAsync(Table("copies", "plaza"), Load.DeleteInsert, cancel: Cancel);
        Assert.Equal((1000, 900, 100), (report.RowsIn, report.Added, report.Rejected));
        // Bytes are counted where rows pass through this process.
        Assert.Equal(0, report.Bytes);
        Assert.Equal(900, await Frame.From(Postgres.Connect(database.ConnectionString).Table("copies")).CountAsync(Cancel));
    }

    [Theory]
    [InlineData(OnChange.DiscardRow)]
    [InlineData(OnChange.DiscardValue)]
    public async Task Nulls_that_the_table_refuses_are_rejected_as_well_where_rows_would_stay_in_the_database(OnChange types)
    {
        await RunAsync("create table notes (id int, note text); insert into notes values (1, 'a'), (2, null); create table copies (id int primary key, note text not null)");
        var report = await Frame.From(Postgres.Connect(database.ConnectionString).Table("notes")).LoadAsync(Table("copies", "id"), Load.Upsert, new LoadOptions { Contract = new() { Types = types } }, Cancel);
        Assert.Equal((2, 1, 1), (report.RowsIn, report.Added, report.Rejected));
        Assert.Equal("null value", Assert.Single(report.RejectedRows).Rule);
    }

    [Fact]
    public async Task Text_that_is_too_long_for_its_column_is_discarded_by_its_characters()
    {
        await RunAsync("create table notes (id int primary key, note varchar(3), mark character(2))");
        var rows = Frame.From([new { Id = 1, Note = "abcdef", Mark = "x" }, new { Id = 2, Note = "å😀c", Mark = "x" }, new { Id = 3, Note = "c", Mark = "xyz" }]);
        var report = await rows.LoadAsync(Table("notes", "id"), Load.Upsert, new LoadOptions { Contract = new() { Types = OnChange.DiscardRow } }, Cancel);
        Assert.Equal((1, 2), (report.Added, report.Rejected));
        Assert.Contains("abcdef isn't a value of character varying(3)", report.RejectedRows[0].Message, StringComparison.Ordinal);
        var values = await rows.LoadAsync(Table("notes", "id"), Load.Upsert, new LoadOptions { Contract = new() { Types = OnChange.DiscardValue } }, Cancel);
        Assert.Equal((2, 1, 1), (values.Added, values.DiscardedValues["note"], values.DiscardedValues["mark"]));
        Assert.Contains("character varying(3)", (await Assert.ThrowsAsync<LoadException>(() => rows.LoadAsync(Table("notes", "id"), Load.Upsert, cancel: Cancel))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_with_a_nul_is_refused_by_its_column_and_nothing_is_loaded()
    {
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => Frame.From(new[] { new Reading(1, "a\0b", 1) }).LoadAsync(Table("readings", "id"), Load.Full, cancel: Cancel));
        Assert.Contains("'station'", refused.Message, StringComparison.Ordinal);
        Assert.Throws<DatabaseException>(() => ((PostgresTable)Table("readings")).Schema);
    }
}
