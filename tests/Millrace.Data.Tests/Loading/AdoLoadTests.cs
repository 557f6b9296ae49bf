using Millrace.Plans;
using Millrace.Testing.Servers;
using MySqlConnector;
using Npgsql;

namespace Millrace.Data.Tests.Loading;

/// <summary>What loads over ADO.NET promise beside what all do: every type comes back as it was.</summary>
public abstract class AdoLoadContract : TableLoadContract
{
    protected abstract AdoDatabase Database { get; }

    /// <summary>Whether the database has a type for durations; else they are whole microseconds.</summary>
    protected virtual bool HasDurations => false;

    /// <summary>Whether it has one for UUIDs; else they are text.</summary>
    protected virtual bool HasUuids => true;

    protected override TableTarget Table(string name, params string[] key) => Database.Table(name, key);

    [Fact]
    public async Task Values_of_every_type_come_back_and_an_upsert_finds_them_unchanged()
    {
        var rows = new[]
        {
            new Everything(1, true, -5, long.MaxValue, 1.5f, 0.1, 123.456m, "", [1, 0, 255], new(2024, 2, 29), new(23, 59, 59, 999, 999), new(2024, 1, 2, 3, 4, 5), new(2024, 1, 2, 3, 4, 5, TimeSpan.Zero), Guid.Parse("00112233-4455-6677-8899-aabbccddeeff")),
            new Everything(2, null, null, null, null, null, null, null, null, null, null, null, null, null),
            new Everything(3, false, 0, long.MinValue, -0.25f, 1e300, -0.001m, "ü ' \\ \n \"x\" ", [], new(1970, 1, 1), new(0, 0), new DateTime(1999, 12, 31).AddTicks(10), DateTimeOffset.UnixEpoch.AddSeconds(2).AddTicks(10), Guid.Empty),
        };
        if (!HasUuids) rows = [.. rows.Select(r => r with { Key = null })];
        var table = Database.Table("everything", ["id"]);
        await Frame.From(rows).LoadAsync(table, Load.Upsert, cancel: Cancel);
        var found = (await Frame.From(table).As<Everything>().ToListAsync(Cancel)).OrderBy(e => e.Id).ToList();
        // An array is equal to itself only.
        Assert.Equal(rows.Select(r => r with { Bytes = null }), found.Select(r => r with { Bytes = null }));
        Assert.Equal(rows.Select(r => r.Bytes), found.Select(r => r.Bytes));
        var again = await Frame.From(rows).LoadAsync(table, Load.Upsert, cancel: Cancel);
        Assert.Equal((0, 3), (again.Written, again.Unchanged));
    }

    [Fact]
    public async Task Text_that_differs_by_case_or_a_space_is_a_change()
    {
        var table = Database.Table("readings", ["id"]);
        await Frame.From([new Reading(1, "a", 1), new Reading(2, "b", 1)]).LoadAsync(table, Load.Upsert, cancel: Cancel);
        var report = await Frame.From([new Reading(1, "A", 1), new Reading(2, "b ", 1)]).LoadAsync(table, Load.Upsert, cancel: Cancel);
        Assert.Equal(2, report.Changed);
    }

    [Fact]
    public async Task Keys_of_text_are_kept_apart_by_case_and_versions_are_closed_that_a_load_has_not()
    {
        var table = Database.Table("stations", ["station"]);
        LoadOptions At(int day) => new() { EffectiveAt = new DateTimeOffset(2026, 1, day, 0, 0, 0, TimeSpan.Zero), CloseMissing = true };
        Assert.Equal(2, (await Frame.From([new Reading(1, "a", 1), new Reading(2, "A", 2)]).LoadAsync(table, Load.Scd2, At(1), Cancel)).Added);
        var report = await Frame.From([new Reading(1, "a", 5)]).LoadAsync(table, Load.Scd2, At(2), Cancel);
        Assert.Equal((0, 1, 1), (report.Added, report.Changed, report.Deleted));
    }

    [Fact]
    public async Task Nested_values_durations_and_ids_are_kept_as_the_database_can()
    {
        var schema = new Schema(new Field("id", DataType.Int32), new Field("tags", DataType.List(DataType.Text)), new Field("took", DataType.Duration), new Field("key", DataType.Uuid));
        var key = Guid.NewGuid();
        var table = Database.Table("nested", ["id"]);
        var rows = Frame.From(Databases.OneBatch.Of(schema, [1, new object?[] { "a", null }, TimeSpan.FromSeconds(90), key]));
        await rows.LoadAsync(table, Load.Upsert, cancel: Cancel);
        Assert.Equal(1, (await rows.LoadAsync(table, Load.Upsert, cancel: Cancel)).Unchanged);
        await foreach (var batch in table.ReadAsync(new ReadRequest(), Cancel))
        {
            using (batch) Assert.Equal(["[\"a\",null]", HasDurations ? TimeSpan.FromSeconds(90) : 90_000_000L, HasUuids ? key : key.ToString()], [batch[1].ValueAt(0), batch[2].ValueAt(0), batch[3].ValueAt(0)]);
        }
    }

    [Fact]
    public async Task What_the_database_refuses_is_said_and_nothing_is_loaded()
    {
        var table = Database.Table("readings", ["id"]);
        await Frame.From([new Reading(1, "a", 1)]).LoadAsync(table, Load.Full, cancel: Cancel);
        var refused = await Assert.ThrowsAsync<LoadException>(() => Frame.From([new Reading(7, "x", 1)]).LoadAsync(Database.Table("no such schema.\"rea\"\"dings\"", ["id"]), Load.Full, cancel: Cancel));
        Assert.Contains("Nothing was loaded", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, await Frame.From(table).CountAsync(Cancel));
    }

    public sealed record Everything(
        int Id, bool? Yes, short? Small, long? Large, float? Single, double? Double, [property: Digits(12, 3)] decimal? Money, string? Text, byte[]? Bytes,
        DateOnly? Day, TimeOnly? Time, DateTime? At, DateTimeOffset? Instant, Guid? Key);
}

public sealed class AdoPostgresLoadTests : AdoLoadContract, IAsyncLifetime
{
    PostgresDatabase database = null!;

    public async ValueTask InitializeAsync() => database = await PostgresDatabase.CreateAsync(Cancel);

    public ValueTask DisposeAsync() => database.DisposeAsync();

    protected override AdoDatabase Database => AdoDatabase.Connect(NpgsqlFactory.Instance, database.ConnectionString);

    protected override bool HasDurations => true;
}

/// <summary>The SQL for databases that nothing more is known of, on one that takes it.</summary>
public sealed class AdoStandardLoadTests : AdoLoadContract, IAsyncLifetime
{
    PostgresDatabase database = null!;

    public async ValueTask InitializeAsync() => database = await PostgresDatabase.CreateAsync(Cancel);

    public ValueTask DisposeAsync() => database.DisposeAsync();

    protected override bool HasUuids => false;

    // PostgreSQL has no blob.
    protected override AdoDatabase Database =>
        AdoDatabase.Connect(NpgsqlFactory.Instance, database.ConnectionString, AdoDialect.Standard with { Types = type => type.Kind == TypeKind.Binary ? "bytea" : null });
}

public sealed class AdoSqliteLoadTests : AdoLoadContract, IDisposable
{
    readonly TempFolder folder = new();

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        folder.Dispose();
    }

    protected override AdoDatabase Database => AdoDatabase.Connect(Microsoft.Data.Sqlite.SqliteFactory.Instance, $"Data Source={folder["loads.db"]}");

    protected override bool HasDurations => true;

    [Fact]
    public async Task Its_tables_are_those_that_Sqlite_loads()
    {
        await Frame.From([new Reading(1, "a", 1.5m)]).LoadAsync(Sqlite.Open(folder["loads.db"]).Table("readings", ["id"]), Load.Upsert, cancel: Cancel);
        var report = await Frame.From([new Reading(1, "a", 1.5m), new Reading(2, "b", 2)]).LoadAsync(Database.Table("readings", ["id"]), Load.Upsert, cancel: Cancel);
        Assert.Equal((1, 1), (report.Added, report.Unchanged));
        Assert.Equal(2, await Sqlite.Open(folder["loads.db"]).Table("readings").Read<Reading>().CountAsync(Cancel));
    }
}

public sealed class AdoMariaDbLoadTests : AdoLoadContract, IAsyncLifetime
{
    string server = "", name = "";

    public async ValueTask InitializeAsync()
    {
        server = await MariaDbServer.ConnectAsync();
        name = $"millrace_{Guid.CreateVersion7():n}";
        await RunAsync($"create database {name}");
    }

    public async ValueTask DisposeAsync()
    {
        if (name.Length > 0) await RunAsync($"drop database {name}");
    }

    async Task RunAsync(string sql)
    {
        await using var session = new MySqlConnection(server);
        await session.OpenAsync(Cancel);
        await using var command = new MySqlCommand(sql, session);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    protected override AdoDatabase Database => AdoDatabase.Connect(MySqlConnectorFactory.Instance, $"{server};Database={name}");

    [Fact]
    public async Task A_table_whose_text_knows_no_case_is_told_of_changes_of_case()
    {
        await RunAsync($"create table {name}.readings (id int primary key, station varchar(50) collate utf8mb4_general_ci, celsius decimal(12,3))");
        await Frame.From([new Reading(1, "a", 1)]).LoadAsync(Database.Table("readings", ["id"]), Load.Upsert, cancel: Cancel);
        Assert.Equal(1, (await Frame.From([new Reading(1, "A", 1)]).LoadAsync(Database.Table("readings", ["id"]), Load.Upsert, cancel: Cancel)).Changed);
    }
}
