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
