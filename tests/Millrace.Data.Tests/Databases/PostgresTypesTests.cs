using Millrace.Plans;
using Millrace.Testing.Servers;
using Npgsql;

namespace Millrace.Data.Tests.Databases;

public sealed class PostgresTypesTests : IAsyncLifetime
{
    PostgresDatabase database = null!;
    PostgresConnection connection = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = await PostgresDatabase.CreateAsync(Cancel);
        connection = Postgres.Connect(database.ConnectionString);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task Values_of_every_type_come_back_as_they_went()
    {
        var schema = new Schema(
            new Field("b", DataType.Boolean), new Field("i2", DataType.Int16), new Field("i4", DataType.Int32), new Field("i8", DataType.Int64),
            new Field("f4", DataType.Float32), new Field("f8", DataType.Float64), new Field("d", DataType.Decimal(18, 3)), new Field("wide", DataType.Decimal(38, 10)),
            new Field("t", DataType.Text), new Field("bin", DataType.Binary), new Field("day", DataType.Date), new Field("time", DataType.Time),
            new Field("ts", DataType.Timestamp), new Field("at", DataType.Instant), new Field("took", DataType.Duration), new Field("id", DataType.Uuid),
            new Field("list", DataType.List(DataType.Int32)), new Field("words", DataType.List(DataType.Text)));
        object?[][] rows =
        [
            [true, short.MinValue, int.MaxValue, long.MinValue, 1.5f, double.NaN, -12345.678m, 12345678901234567890.0123456789m, "grün ∂", new byte[] { 0, 255 }, new DateOnly(1999, 12, 31), new TimeOnly(23, 59, 59, 999),
                new DateTime(1969, 12, 31, 23, 59, 59, 1), new DateTimeOffset(2026, 3, 29, 1, 30, 0, TimeSpan.Zero), TimeSpan.FromMicroseconds(-7), Guid.Parse("01234567-89ab-cdef-0123-456789abcdef"), new object?[] { 1, null, 3 }, new[] { "a", "" }],
            [false, (short)0, 0, 0L, 0f, -0.25, 0.001m, 0m, "", Array.Empty<byte>(), new DateOnly(2000, 1, 1), default(TimeOnly), new DateTime(2000, 1, 1), DateTimeOffset.UnixEpoch, TimeSpan.Zero, Guid.Empty, Array.Empty<object>(), Array.Empty<string>()],
            [.. Enumerable.Repeat<object?>(null, schema.Count)],
            [true, (short)1, 1, 1L, 1f, 1d, 10000m, 99999999.99990001m, "x", new byte[] { 1 }, DateOnly.MinValue, default(TimeOnly), new DateTime(1, 1, 1), DateTimeOffset.UnixEpoch, TimeSpan.FromDays(400), Guid.NewGuid(), new object?[] { 7 }, new[] { "b" }],
        ];
        var builder = new BatchBuilder(schema);
        foreach (var row in rows) builder.Add(row);
        var table = connection.Table("types");
        var written = await Frame.From(new OneBatch(builder.Build())).LoadAsync(table, Load.Full, cancel: Cancel);
        Assert.Equal(4, written.Written);
        Assert.Equal(schema.Select(f => f.Type), table.Schema.Select(f => f.Type));
        var read = new List<object?[]>();
        await foreach (var batch in Frame.From(table).ReadBatchesAsync(Cancel))
            for (var i = 0; i < batch.Count; i++) read.Add(batch.Row(i));
        Assert.Equal(rows.Select(Shown), read.Select(Shown));
    }

    [Theory]
    [InlineData("'20000-01-01'::timestamp", "20000-01-01 00:00:00")]
    [InlineData("'20000-01-02'::date", "20000-01-02")]
    [InlineData("'0044-03-15 BC'::date", "0044-03-15 BC")]
    [InlineData("'0044-03-15 12:30:01 BC'::timestamptz", "0044-03-15 BC 12:30:01")]
    [InlineData("'24:00'::time", "24:00:00")]
    [InlineData("'infinity'::date", "infinity")]
    [InlineData("'-infinity'::timestamp", "infinity")]
    public async Task A_time_beyond_those_of_NET_is_refused_with_column_value_and_remedy(string value, string says)
    {
        var refused = await Assert.ThrowsAsync<DatabaseException>(() => connection.Query($"select {value} as at").Read().CollectAsync(Cancel));
        Assert.Contains("'at'", refused.Message, StringComparison.Ordinal);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.Contains("Read it by a query", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_read_in_parts_are_called_by_their_key()
    {
        await RunAsync("create table parted as select nullif(g, 7) as id, 'v' || g as v from generate_series(1, 2000) g");
        foreach (var source in new ISource[] { connection.Table("parted").InParts("id", 4), AdoDatabase.Connect(NpgsqlFactory.Instance, database.ConnectionString).Table("parted").InParts("ID", 4) })
        {
            using var rejects = new RejectLog();
            using var kept = await Frame.From(source).Select("v").Check("never", Columns.Col("v") == "v3").CollectAsync(new RunContext { Rejects = rejects }, Cancel);
            Assert.Equal(Enumerable.Range(0, 2001).Where(i => i is not (3 or 7)).Select(i => (long?)i), rejects.All.Select(r => r.Line).Order());
            Assert.Equal("the table parted by id", rejects.All[0].Source);
            Assert.Equal("v3", kept[0, 0]);
        }
    }

    [Fact]
    public async Task Parts_are_checked_when_they_are_asked_for()
    {
        await RunAsync("create table checked (id int, v text)");
        var (table, ado) = (connection.Table("checked"), AdoDatabase.Connect(NpgsqlFactory.Instance, database.ConnectionString).Table("checked"));
        foreach (var inParts in new Action<string, int>[] { (by, n) => table.InParts(by, n), (by, n) => ado.InParts(by, n) })
        {
            Assert.Contains("at least one part", Assert.Throws<ArgumentOutOfRangeException>(() => inParts("id", 0)).Message, StringComparison.Ordinal);
            Assert.Throws<ArgumentOutOfRangeException>(() => inParts("id", -1));
            Assert.Contains("whole numbers", Assert.Throws<PlanException>(() => inParts("v", 2)).Message, StringComparison.Ordinal);
            Assert.Contains("'nope'", Assert.Throws<PlanException>(() => inParts("nope", 2)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_type_that_no_column_holds_is_refused_with_the_cast_that_helps()
    {
        await RunAsync("create table nets (id int, net inet)");
        var refused = Assert.Throws<DatabaseException>(() => connection.Table("nets").Schema);
        Assert.Contains("'net'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("\"net\"::text", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Enums_domains_and_numbers_without_digits_are_read()
    {
        await RunAsync("create type mood as enum ('sad', 'happy'); create domain money_ as numeric(12,2); create table moods (m mood, d money_, n numeric); insert into moods values ('happy', 1.5, 2.25), (null, null, null)");
        var table = connection.Table("moods");
        Assert.Equal(DataType.Enum("sad", "happy"), table.Schema["m"].Type);
        var rows = await RowsAsync(Frame.From(table));
        Assert.Equal(["happy", 1.50m, 2.25m], rows[0]);
    }

    [Fact]
    public async Task Values_that_no_column_holds_fail_with_the_column_and_the_remedy()
    {
        await RunAsync("create table odd (d date, n numeric, i interval); insert into odd values ('infinity', 'NaN', '1 month')");
        foreach (var (column, word) in new[] { ("d", "infinity"), ("n", "NaN"), ("i", "months") })
        {
            var failed = await Assert.ThrowsAsync<DatabaseException>(() => RowsAsync(Frame.From(connection.Query($"select {column} from odd"))));
            Assert.Contains($"'{column}'", failed.Message, StringComparison.Ordinal);
            Assert.Contains(word, failed.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_table_read_in_parts_gives_every_row_once()
    {
        await RunAsync("create table numbers (id int, name text); insert into numbers select n, 'row ' || n from generate_series(-500, 20000) n; insert into numbers values (null, 'none')");
        var rows = await RowsAsync(Frame.From(connection.Table("numbers").InParts("id", 3)));
        Assert.Equal(20_502, rows.Count);
        Assert.Equal(20_502, rows.Select(r => (int?)r[0]).Distinct().Count());
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_named_with_its_place()
    {
        var nowhere = Postgres.Connect("Host=127.0.0.1;Port=1;Username=nobody;Database=nothing");
        var failed = await Assert.ThrowsAsync<DatabaseException>(() => RowsAsync(Frame.From(nowhere.Query("select 1"))));
        Assert.Contains("127.0.0.1:1/nothing", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_never_holds_a_password()
    {
        var table = Postgres.Connect("Host=db;Username=etl;Password=secret;Database=mart").Table("stats", key: ["id"]);
        Assert.DoesNotContain("secret", table.Describe().ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("\"warehouse\"", Postgres.Named("warehouse").Table("stats").Describe().ToJsonString(), StringComparison.Ordinal);
    }

    static string?[] Shown(object?[] row) => [.. row.Select(Shown)];

    static string? Shown(object? value) => value switch
    {
        null => null,
        decimal d => d.ToString("0.##########", System.Globalization.CultureInfo.InvariantCulture),
        System.Collections.IEnumerable list and not string => string.Join("|", list.Cast<object?>().Select(ClrValue.Display)),
        _ => ClrValue.Display(value),
    };

    static async Task<List<object?[]>> RowsAsync(Frame frame)
    {
        var rows = new List<object?[]>();
        await foreach (var batch in frame.ReadBatchesAsync(Cancel))
            for (var i = 0; i < batch.Count; i++) rows.Add(batch.Row(i));
        return rows;
    }

    async Task RunAsync(string sql)
    {
        await using var session = new NpgsqlConnection(database.ConnectionString);
        await session.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand(sql, session);
        await command.ExecuteNonQueryAsync(Cancel);
    }
}
