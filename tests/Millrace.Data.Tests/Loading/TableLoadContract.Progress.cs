using Millrace.Plans;

namespace Millrace.Data.Tests.Loading;

/// <summary>What loads remember, and loads that meet.</summary>
public abstract partial class TableLoadContract
{
    /// <summary>Whether two loads of one table can be on their way in this process at once.</summary>
    protected virtual bool Meets => true;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_row_that_goes_back_to_what_it_was_is_a_change(bool byContent)
    {
        var table = Table("readings", "id");
        var options = new LoadOptions { Bookmark = byContent ? Bookmark.ByContent() : Bookmark.ByKey("celsius") };
        foreach (var station in new[] { "a", "b", "a", "a" })
        {
            foreach (var celsius in new decimal?[] { null, 7 })
            {
                var (id, known) = celsius is null ? (1, 0) : (2, 1);
                await Frame.From([new Reading(id, station, celsius)]).LoadAsync(table, Load.Incremental, options, Cancel);
                Assert.Equal(new Reading(id, station, celsius), (await RowsAsync(table))[known]);
            }
        }
        var again = await Frame.From([new Reading(1, "a", null), new Reading(2, "a", 7)]).LoadAsync(table, Load.Incremental, options, Cancel);
        Assert.Equal(0, again.RowsIn);
    }

    [Fact]
    public async Task Without_a_key_a_bookmark_by_content_knows_the_rows_of_the_load_before()
    {
        var table = Table("events");
        var options = new LoadOptions { Bookmark = Bookmark.ByContent() };
        Task<LoadReport> NextAsync(params int[] at) => Frame.From(at.Select(a => new Event(1, a))).LoadAsync(table, Load.Incremental, options, Cancel);
        Assert.Equal(2, (await NextAsync(10, 20)).Added);
        Assert.Equal(1, (await NextAsync(20, 30)).Added);
        Assert.Equal(1, (await NextAsync(10, 20, 30)).Added);
        Assert.True((await table.ReadStateAsync("content", Cancel))!.Length < 3 * 40);
    }

    [Fact]
    public async Task Of_two_loads_past_one_bookmark_the_second_is_refused_and_says_what_to_do()
    {
        if (!Meets) return;
        var table = Table("events");
        var options = new LoadOptions { Bookmark = Bookmark.ByKey("at") };
        await Frame.From([new Event(1, 10)]).LoadAsync(table, Load.Incremental, options, Cancel);
        // The second begins, and the first is whole before it ends.
        async IAsyncEnumerable<Event> Overtaken()
        {
            yield return new Event(2, 20);
            await Frame.From([new Event(2, 20)]).LoadAsync(Table("events"), Load.Incremental, options, Cancel);
        }
        var refused = await Assert.ThrowsAsync<LoadException>(() => Frame.From(Overtaken()).LoadAsync(table, Load.Incremental, options, Cancel));
        Assert.Contains("moved the bookmark 'at'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("run the load again", refused.Message, StringComparison.Ordinal);
        Assert.Equal(2, (await ValuesAsync(table, "id")).Count);
    }

    [Fact]
    public async Task Files_that_another_load_had_meanwhile_are_not_loaded_again()
    {
        using var folder = new Millrace.Testing.Servers.TempFolder();
        await File.WriteAllTextAsync(folder["a.csv"], "id\n1\n", Cancel);
        var table = Table("events");
        var (first, second) = (await FileBookmark.NewAsync(folder["*.csv"], table, cancel: Cancel), await FileBookmark.NewAsync(folder["*.csv"], table, cancel: Cancel));
        await Frame.From([new Event(1, 1)]).LoadAsync(table, Load.Append, new LoadOptions { Files = first }, Cancel);
        var refused = await Assert.ThrowsAsync<LoadException>(() => Frame.From([new Event(1, 1)]).LoadAsync(table, Load.Append, new LoadOptions { Files = second }, Cancel));
        Assert.Contains("moved the bookmark 'files'", refused.Message, StringComparison.Ordinal);
        Assert.Single(await ValuesAsync(table, "id"));
    }

    [Fact]
    public async Task A_table_that_another_first_load_made_meanwhile_is_loaded_like_one_that_was_there()
    {
        if (!Meets) return;
        async IAsyncEnumerable<Reading> Overtaken()
        {
            yield return new Reading(1, "a", 1);
            yield return new Reading(2, "b", 2);
            await LoadAsync(Table("readings", "id"), Load.Upsert, new Reading(1, "other", 1), new Reading(3, "c", 3));
        }
        var report = await Frame.From(Overtaken()).LoadAsync(Table("readings", "id"), Load.Upsert, new LoadOptions { Id = "first" }, Cancel);
        Assert.Equal((1, 1), (report.Added, report.Changed));
        Assert.Equal([new(1, "a", 1), new(2, "b", 2), new(3, "c", 3)], await RowsAsync(Table("readings", "id")));
    }

    [Fact]
    public async Task A_table_that_another_load_changed_meanwhile_refuses_rows_that_are_staged_for_what_it_was()
    {
        if (!Meets) return;
        async IAsyncEnumerable<Reading> Overtaken()
        {
            yield return new Reading(1, "a", 1);
            await Frame.From([new { Id = 1, Station = 5 }]).LoadAsync(Table("readings", "id"), Load.Upsert, cancel: Cancel);
        }
        var options = new LoadOptions { Contract = new() { Types = OnChange.DiscardRow } };
        var refused = await Assert.ThrowsAsync<LoadException>(() => Frame.From(Overtaken()).LoadAsync(Table("readings", "id"), Load.Upsert, options, Cancel));
        Assert.Contains("run the load again", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Versions_are_not_closed_as_missing_for_rows_that_were_refused()
    {
        var table = Table("readings", "id");
        LoadOptions At(int day) => new() { EffectiveAt = new DateTimeOffset(2026, 1, day, 0, 0, 0, TimeSpan.Zero), CloseMissing = true };
        await Frame.From([new Reading(1, "a", 1), new Reading(2, "b", 2)]).LoadAsync(table, Load.Scd2, At(5), Cancel);
        var rows = Frame.From([new Reading(1, "a", 1), new Reading(2, null, 2)]);
        // Refused by a step before the load, by the load, and as late.
        await RefusedAsync(() => rows.Check("station is known", r => r.Station != null).LoadAsync(table, Load.Scd2, At(6), Cancel));
        await RefusedAsync(() => Frame.From([new { Id = 1, Station = (string?)"a", Celsius = "1" }, new { Id = 2, Station = (string?)"b", Celsius = "warm" }])
            .LoadAsync(table, Load.Scd2, At(6) with { Contract = new() { Types = OnChange.DiscardRow } }, Cancel));
        await RefusedAsync(() => Frame.From([new Reading(1, "changed", 1)]).LoadAsync(table, Load.Scd2, At(1), Cancel));
        // One that began later than what is loaded says is not gone.
        Assert.Equal(0, (await Frame.From([new Reading(1, "a", 1)]).LoadAsync(table, Load.Scd2, At(1), Cancel)).Deleted);
        Assert.All(await ValuesAsync(table, "valid_to"), r => Assert.Null(r[0]));
        Assert.Equal(1, (await Frame.From([new Reading(1, "a", 1)]).LoadAsync(table, Load.Scd2, At(6), Cancel)).Deleted);

        static async Task RefusedAsync(Func<Task> load) =>
            Assert.Contains("CloseMissing would close", (await Assert.ThrowsAsync<LoadException>(load)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rejects_beyond_the_first_lie_in_a_file_that_goes_with_the_report()
    {
        using var folder = new Millrace.Testing.Servers.TempFolder();
        const int Refused = RejectLog.InMemory + 500;
        using var rejects = new RejectLog { Folder = folder.FullPath };
        var frame = Frame.From(Enumerable.Range(0, Refused).Select(i => new Reading(i, "a", i))).Check("none", r => r.Id < 0);
        var given = await frame.LoadAsync(Table("readings", "id"), Load.Upsert, new LoadOptions(), new RunContext { Rejects = rejects }, Cancel);
        Assert.Equal((Refused, RejectLog.InMemory), (given.Rejected, given.RejectedRows.Count));
        Assert.Equal(Refused, await given.Rejects.CountAsync(Cancel));
        given.Dispose();
        // The log was lent, and is its owner's.
        Assert.Single(Directory.GetFiles(folder.FullPath));
        rejects.Dispose();
        Assert.Empty(Directory.GetFiles(folder.FullPath));

        var report = await frame.LoadAsync(Table("readings", "id"), Load.Upsert, cancel: Cancel);
        Assert.Equal(Refused, await report.Rejects.CountAsync(Cancel));
        report.Dispose();
        Assert.Contains("rejected", report.ToString(), StringComparison.Ordinal);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => report.Rejects.CountAsync(Cancel));
    }
}
