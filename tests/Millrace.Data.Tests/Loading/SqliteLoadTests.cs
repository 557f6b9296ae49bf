using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Loading;

public sealed class SqliteLoadTests : TableLoadContract, IDisposable
{
    readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    protected override TableTarget Table(string name, params string[] key) => Sqlite.Open(folder["loads.db"]).Table(name, key);

    [Fact]
    public async Task A_reader_during_a_load_sees_the_old_rows()
    {
        await Frame.From([new Reading(1, "a", 1)]).LoadAsync(Table("readings", "id"), Load.Full, cancel: Cancel);
        var old = ((ISource)Table("readings")).ReadAsync(new ReadRequest { BatchRows = 1 }, Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await old.MoveNextAsync());
        await Frame.From([new Reading(2, "b", 2), new Reading(3, "c", 2)]).LoadAsync(Table("readings", "id"), Load.Full, cancel: Cancel);
        Assert.False(await old.MoveNextAsync());
        await old.DisposeAsync();
    }

    [Fact]
    public async Task Not_a_number_is_refused_and_not_kept_as_null()
    {
        var refused = await Assert.ThrowsAsync<LoadException>(() => Frame.From([new { Id = 1, Value = double.NaN }]).LoadAsync(Table("t", "id"), Load.Full, cancel: Cancel));
        Assert.Contains("'value' holds NaN", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_query_whose_expressions_declare_no_type_is_read_by_its_values()
    {
        await Frame.From([new Reading(1, "a", 1), new Reading(2, "b", 2)]).LoadAsync(Table("readings", "id"), Load.Full, cancel: Cancel);
        var query = Sqlite.Open(folder["loads.db"]).Query("select id + 1 as next, upper(station) as name, id / 2.0 as half, null as nought from readings");
        Assert.Equal("next: int64?, name: text?, half: float64?, nought: text?", query.Schema.ToString());
        var rows = await Frame.From(query).As<Derived>().ToListAsync(Cancel);
        Assert.Equal([new Derived(2, "A", 0.5), new Derived(3, "B", 1)], rows);
    }

    [Theory]
    [InlineData(FileIdentity.NameSizeAndTime)]
    [InlineData(FileIdentity.Content)]
    [InlineData(FileIdentity.TimeOfChange)]
    public async Task Only_files_that_no_load_had_are_new(FileIdentity by)
    {
        Directory.CreateDirectory(folder["in"]);
        await File.WriteAllTextAsync(folder["in", "a.csv"], "id\n1\n", Cancel);
        var table = Table("readings");
        var first = await FileBookmark.NewAsync(folder["in", "*.csv"], table, by, cancel: Cancel);
        Assert.Single(first.Files);
        // Not loaded, not remembered.
        Assert.Single((await FileBookmark.NewAsync(folder["in", "*.csv"], table, by, cancel: Cancel)).Files);
        await Frame.From([new Reading(1, "a", 1)]).LoadAsync(table, Load.Append, new LoadOptions { Files = first }, Cancel);
        await File.WriteAllTextAsync(folder["in", "b.csv"], "id\n2\n", Cancel);
        Assert.Equal(["b.csv"], (await FileBookmark.NewAsync(folder["in", "*.csv"], table, by, cancel: Cancel)).Files.Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_column_is_widened_in_place_with_its_key_index_default_and_constraints()
    {
        await Frame.From([new { Id = 1, Note = "made by the first load, in a file of its own mode" }]).LoadAsync(Table("other", "id"), Load.Upsert, cancel: Cancel);
        const string Before = "CREATE TABLE readings([count] /* (a, b) */ INT4 NOT NULL default (7) check(count > 0), \"id\" int4 primary key -- the key\n, total INT2, amount DECIMAL_TEXT(5,2) unique, check (total < 1000), foreign key (total) references other(id))";
        using (var open = new SqliteConnection(folder["loads.db"], create: true))
            open.Execute($"{Before}; create index by_count on readings(count); insert into readings values (5, 1, 1, '1.50')", Cancel);
        var report = await Frame.From([new { Id = 5_000_000_000, Count = 6_000_000_000, Total = 1, Amount = 123456.789m }]).LoadAsync(Table("readings", "id"), Load.Upsert, cancel: Cancel);
        Assert.Equal((1, 4), (report.Added, report.SchemaChanges.Count));
        var sql = (string)(await ValuesAsync(Sqlite.Open(folder["loads.db"]).Query("select sql from sqlite_master where name = 'readings'")))[0][0]!;
        var amount = Table("readings").Schema["amount"].Type;
        var expected = Before.Replace("*/ INT4", "*/ BIGINT", StringComparison.Ordinal).Replace("int4", "BIGINT", StringComparison.Ordinal).Replace("INT2", "INT4", StringComparison.Ordinal).Replace("DECIMAL_TEXT(5,2)", SqliteTypes.SqlOf(amount), StringComparison.Ordinal);
        Assert.Equal(expected, sql);
        Assert.Equal(["ok"], (await ValuesAsync(Sqlite.Open(folder["loads.db"]).Query("select integrity_check as said from pragma_integrity_check"))).Select(r => r[0]));
        var rows = await ValuesAsync(Sqlite.Open(folder["loads.db"]).Query("select id, count, total from readings indexed by by_count where count > 0 order by id"));
        Assert.Equal<object?>([new object?[] { 1L, 5L, 1 }, new object?[] { 5_000_000_000, 6_000_000_000, 1 }], rows.Select(r => new object?[] { Convert.ToInt64(r[0], null), Convert.ToInt64(r[1], null), Convert.ToInt32(r[2], null) }));
    }

    [Theory]
    [InlineData("create table t (a int4, b int4)", "create table t (a BIGINT, b int4)")]
    [InlineData("create table t(\"a\"int4)", "create table t(\"a\"BIGINT)")]
    [InlineData("create table \"a (a int2,\" (b text default 'a int4, (', `A` unsigned int(4) not null)", "create table \"a (a int2,\" (b text default 'a int4, (', `A` BIGINT not null)")]
    [InlineData("create table t (b int check (b in (1, 2)), [a] int4 constraint positive check (a > 0))", "create table t (b int check (b in (1, 2)), [a] BIGINT constraint positive check (a > 0))")]
    [InlineData("create table t (a, b int4)", null)]
    [InlineData("create table t (b int4, check (a > 0))", null)]
    public void One_word_of_a_tables_text_is_changed(string sql, string? changed) => Assert.Equal(changed, SqliteDeclaration.Retype(sql, "a", "BIGINT"));

    [Fact]
    public async Task What_SQLite_would_have_to_keep_in_another_way_is_refused()
    {
        await Frame.From([new { Id = 1, Count = 5 }]).LoadAsync(Table("t", "id"), Load.Upsert, cancel: Cancel);
        var refused = await Assert.ThrowsAsync<LoadException>(() => Frame.From([new { Id = 1, Count = 5.5m }]).LoadAsync(Table("t", "id"), Load.Upsert, cancel: Cancel));
        Assert.Contains("the database can't make it decimal", refused.Message, StringComparison.Ordinal);
    }

    static async Task<List<object?[]>> ValuesAsync(SqliteQuery query)
    {
        using var table = await Frame.From(query).CollectAsync(cancel: Cancel);
        return [.. table.Rows.Select(r => Enumerable.Range(0, table.Schema.Count).Select(i => r[i]).ToArray())];
    }

    sealed record Derived(long Next, string Name, double Half);

    [Theory]
    [InlineData("in/*.csv", "a.csv b.csv")]
    [InlineData("in/{a,b}.csv", "a.csv b.csv")]
    [InlineData("in/[a]*.csv", "a.csv")]
    [InlineData("in/**/*.csv", "a.csv b.csv sub/a.csv")]
    [InlineData("in", "a.csv b.csv sub/a.csv")]
    [InlineData("in/none*.csv", "")]
    public async Task A_file_bookmark_finds_what_a_source_of_the_pattern_reads(string pattern, string expected)
    {
        foreach (var name in new[] { "b.csv", "a.csv", "sub/a.csv", ".0f.writing.c.csv" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder["in", name])!);
            await File.WriteAllTextAsync(folder["in", name], "id\n1\n", Cancel);
        }
        var table = Sqlite.Open(folder["loads.db"]).Table("files", ["id"]);
        var fresh = await FileBookmark.NewAsync(folder[pattern], table, cancel: Cancel);
        Assert.Equal(expected, string.Join(' ', fresh.Files.Select(f => Path.GetRelativePath(folder["in"], f).Replace('\\', '/'))));
    }
}
