using Millrace.Data.Tests.Databases;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Loading;

public sealed record Reading(int Id, string? Station, [property: Digits(12, 3)] decimal? Celsius);

/// <summary>What loads promise of every database.</summary>
public abstract partial class TableLoadContract
{
    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected abstract TableTarget Table(string name, params string[] key);

    [Fact]
    public async Task A_full_load_replaces_what_was_there_and_a_rerun_changes_nothing()
    {
        var table = Table("readings", "id");
        await LoadAsync(table, Load.Full, new Reading(1, "a", 1), new Reading(2, "b", 2));
        var report = await LoadAsync(table, Load.Full, new Reading(2, "b", 5), new Reading(3, "c", 3));
        Assert.Equal((2, 2, 2), (report.RowsIn, report.Written, report.Deleted));
        await LoadAsync(table, Load.Full, new Reading(2, "b", 5), new Reading(3, "c", 3));
        Assert.Equal([new(2, "b", 5), new(3, "c", 3)], await RowsAsync(table));
    }

    [Fact]
    public async Task An_upsert_adds_new_keys_and_touches_only_rows_that_differ()
    {
        var table = Table("readings", "Id");
        await LoadAsync(table, Load.Upsert, new Reading(1, "a", 1), new Reading(2, null, 2), new Reading(3, "c", null));
        var report = await LoadAsync(table, Load.Upsert, new Reading(1, "a", 1), new Reading(2, "b", 2), new Reading(3, "c", null), new Reading(4, "d", 4));
        Assert.Equal((4, 1, 1, 2), (report.RowsIn, report.Added, report.Changed, report.Unchanged));
        var again = await LoadAsync(table, Load.Upsert, new Reading(1, "a", 1), new Reading(2, "b", 2), new Reading(3, "c", null), new Reading(4, "d", 4));
        Assert.Equal((0, 4), (again.Written, again.Unchanged));
        Assert.Equal([new(1, "a", 1), new(2, "b", 2), new(3, "c", null), new(4, "d", 4)], await RowsAsync(table));
    }

    [Fact]
    public async Task Insert_only_leaves_known_keys_as_they_are()
    {
        var table = Table("readings", "id");
        await LoadAsync(table, Load.InsertOnly, new Reading(1, "a", 1));
        var report = await LoadAsync(table, Load.InsertOnly, new Reading(1, "changed", 9), new Reading(2, "b", 2));
        Assert.Equal((1, 1), (report.Added, report.Unchanged));
        Assert.Equal([new(1, "a", 1), new(2, "b", 2)], await RowsAsync(table));
    }

    [Fact]
    public async Task An_append_with_an_id_adds_its_rows_once()
    {
        var table = Table("readings");
        var options = new LoadOptions { Id = "run-7" };
        await Frame.From([new Reading(1, "a", 1)]).LoadAsync(table, Load.Append, options, Cancel);
        static IEnumerable<Reading> Unread() => throw new InvalidOperationException("a load that is done reads nothing");
        var again = await Frame.From(Later(Unread)).LoadAsync(table, Load.Append, options, Cancel);
        Assert.Equal((true, 0, 0), (again.WasLoadedBefore, again.RowsIn, again.Written));
        Assert.Contains("committed before", again.ToString(), StringComparison.Ordinal);
        await Frame.From([new Reading(1, "a", 1)]).LoadAsync(table, Load.Append, new LoadOptions { Id = "run-8" }, Cancel);
        Assert.Equal(2, (await RowsAsync(table)).Count);
    }

    [Fact]
    public async Task Delete_insert_replaces_all_rows_of_its_keys()
    {
        var table = Table("readings", "station");
        await LoadAsync(table, Load.DeleteInsert, new Reading(1, "a", 1), new Reading(2, "a", 2), new Reading(3, "b", 3));
        var report = await LoadAsync(table, Load.DeleteInsert, new Reading(9, "a", 9));
        Assert.Equal((1, 2), (report.Added, report.Deleted));
        Assert.Equal([new(3, "b", 3), new(9, "a", 9)], await RowsAsync(table));
    }

    [Fact]
    public async Task Versions_are_kept_closed_and_not_repeated_by_a_rerun()
    {
        var table = Table("readings", "id");
        LoadOptions At(int day) => new() { EffectiveAt = new DateTimeOffset(2026, 1, day, 0, 0, 0, TimeSpan.Zero) };
        await Frame.From([new Reading(1, "a", 1), new Reading(2, "b", 2)]).LoadAsync(table, Load.Scd2, At(1), Cancel);
        var report = await Frame.From([new Reading(1, "a", 1), new Reading(2, "b", 20), new Reading(3, "c", 3)]).LoadAsync(table, Load.Scd2, At(5), Cancel);
        Assert.Equal((1, 1, 1), (report.Added, report.Changed, report.Unchanged));
        var again = await Frame.From([new Reading(1, "a", 1), new Reading(2, "b", 20), new Reading(3, "c", 3)]).LoadAsync(table, Load.Scd2, At(6), Cancel);
        Assert.Equal((0, 3), (again.Written, again.Unchanged));
        var late = await Frame.From([new Reading(2, "b", 15)]).LoadAsync(table, Load.Scd2, At(3), Cancel);
        Assert.Equal((0, 1), (late.Written, late.Rejected));
        Assert.Contains("late", late.ToString(), StringComparison.Ordinal);
        var versions = await ValuesAsync(table, "id", "celsius", "valid_from", "valid_to", "is_current");
        var (first, fifth) = (At(1).EffectiveAt, At(5).EffectiveAt);
        Assert.Equal<object?>(
            [
                new object?[] { 1, 1.000m, first, null, true }, new object?[] { 2, 2.000m, first, fifth, false },
                new object?[] { 2, 20.000m, fifth, null, true }, new object?[] { 3, 3.000m, fifth, null, true },
            ],
            versions.OrderBy(v => v[0]).ThenBy(v => v[2]));
    }

    [Fact]
    public async Task Rows_without_their_key_are_rejected_and_the_sum_holds()
    {
        var schema = new Schema(new Field("id", DataType.Int32), new Field("station", DataType.Text), new Field("celsius", DataType.Decimal(12, 3)));
        var report = await Frame.From(OneBatch.Of(schema, [1, "a", 1m], [null, "b", 2m], [3, "c", 3m])).LoadAsync(Table("readings", "id"), Load.Upsert, cancel: Cancel);
        Assert.Equal((3, 2, 1), (report.RowsIn, report.Written, report.Rejected));
        var reject = Assert.Single(report.RejectedRows);
        Assert.Equal(("null key", "id", 2), (reject.Rule, reject.Column, reject.Line));
        Assert.Equal(["null key"], (await report.Rejects.ToListAsync(Cancel)).Select(r => r.Rule));
    }

    [Fact]
    public async Task Duplicate_keys_fail_the_load_or_are_rejected_as_told()
    {
        var table = Table("readings", "id");
        var rows = new[] { new Reading(1, "first", 1), new Reading(2, "b", 2), new Reading(1, "second", 3) };
        var failed = await Assert.ThrowsAsync<LoadException>(() => LoadAsync(table, Load.Upsert, rows));
        Assert.Contains("Deduplicate", failed.Message, StringComparison.Ordinal);
        var report = await Frame.From(rows).LoadAsync(table, Load.Upsert, new LoadOptions { Duplicates = DuplicateKeys.Reject }, Cancel);
        Assert.Equal((3, 2, 1), (report.RowsIn, report.Written, report.Rejected));
        Assert.Equal([new(1, "first", 1), new(2, "b", 2)], await RowsAsync(table));
    }

    [Fact]
    public async Task A_table_follows_new_columns_and_wider_types()
    {
        var table = Table("readings", "id");
        await Frame.From([new { Id = 1, Count = 5 }]).LoadAsync(table, Load.Upsert, cancel: Cancel);
        var report = await Frame.From([new { Id = 2, Count = 5_000_000_000, PlaceName = "x" }]).LoadAsync(table, Load.Upsert, cancel: Cancel);
        Assert.Contains(report.SchemaChanges, c => c.Contains("place_name", StringComparison.Ordinal));
        Assert.Equal<object?>([new object?[] { 1, 5L, null }, new object?[] { 2, 5_000_000_000, "x" }], (await ValuesAsync(table, "id", "count", "place_name")).OrderBy(r => r[0]).Select(r => new[] { Convert.ToInt32(r[0], null), Convert.ToInt64(r[1], null), r[2] }));
    }

    [Fact]
    public async Task A_column_is_not_made_one_that_would_round_what_it_has()
    {
        var table = Table("readings", "id");
        await Frame.From([new { Id = 1, Count = 9_007_199_254_740_993, Amount = 1234567890123456.7891m, Small = 5 }]).LoadAsync(table, Load.Upsert, cancel: Cancel);
        var refused = await Assert.ThrowsAsync<LoadException>(() => Frame.From([new { Id = 2, Count = 1.5, Amount = 1.5, Small = 1.5 }]).LoadAsync(table, Load.Upsert, cancel: Cancel));
        Assert.Contains("! column count: the table has int64, the load float64, and no wider type holds both", refused.Message, StringComparison.Ordinal);
        Assert.Contains("! column amount: the table has decimal", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("small", refused.Message, StringComparison.Ordinal);
        Assert.Equal<object?>([9_007_199_254_740_993, 1234567890123456.7891m], (await ValuesAsync(table, "count", "amount"))[0]);
    }

    [Fact]
    public async Task A_number_that_a_column_of_floats_would_round_is_refused_as_the_contract_says()
    {
        var table = Table("readings", "id");
        await Frame.From([new { Id = 1, Count = (double?)0.5, Amount = (double?)0.5 }]).LoadAsync(table, Load.Upsert, cancel: Cancel);
        // Long integers and decimals as doubles have them, tenths among them, go in under every contract.
        var fitting = Frame.From([new { Id = 2, Count = 9_007_199_254_740_992, Amount = 0.1m }, new { Id = 3, Count = -7L, Amount = 12345.678901m }]);
        Assert.Equal(2, (await fitting.LoadAsync(table, Load.Upsert, new LoadOptions { Contract = SchemaContract.Frozen }, Cancel)).Added);
        Assert.Equal<object?>([new object?[] { 9_007_199_254_740_992d, 0.1 }, new object?[] { -7d, 12345.678901 }], (await ValuesAsync(table, "count", "amount", "id")).OrderBy(r => Convert.ToInt32(r[2], null)).Skip(1).Select(r => r[..2]));

        var rows = Frame.From([new { Id = 4, Count = 1L, Amount = 1234567890123.45678901m }, new { Id = 5, Count = 9_007_199_254_740_993, Amount = 1m }, new { Id = 6, Count = 6L, Amount = 6m }]);
        foreach (var contract in new[] { SchemaContract.Default, SchemaContract.Frozen })
        {
            var refused = await Assert.ThrowsAsync<LoadException>(() => rows.LoadAsync(table, Load.Upsert, new LoadOptions { Contract = contract }, Cancel));
            Assert.Contains("isn't a value of float64, the type of the table's column '", refused.Message, StringComparison.Ordinal);
            Assert.Contains("Types = DiscardRow", refused.Message, StringComparison.Ordinal);
            Assert.Equal(3, (await ValuesAsync(table, "id")).Count);
        }
        using var discardRow = await rows.LoadAsync(table, Load.Upsert, new LoadOptions { Contract = new() { Types = OnChange.DiscardRow } }, Cancel);
        Assert.Equal((3, 1, 2), (discardRow.RowsIn, discardRow.Written, discardRow.Rejected));
        Assert.Equal(["amount 1234567890123.45678901", "count 9007199254740993"], discardRow.RejectedRows.Select(r => $"{r.Column} {r.Value}").Order());
        var discardValue = await rows.Where(r => r.Id < 6).LoadAsync(table, Load.Upsert, new LoadOptions { Contract = new() { Types = OnChange.DiscardValue } }, Cancel);
        Assert.Equal((2, 1, 1), (discardValue.Added, discardValue.DiscardedValues["count"], discardValue.DiscardedValues["amount"]));
    }

    [Fact]
    public async Task A_frozen_table_refuses_what_it_is_not_made_for_and_says_what_differs()
    {
        var table = Table("readings", "id");
        await LoadAsync(table, Load.Upsert, new Reading(1, "a", 1));
        var refused = await Assert.ThrowsAsync<LoadException>(() => Frame.From([new { Id = 2, Station = 5.5, Colour = "red" }])
            .LoadAsync(table, Load.Upsert, new LoadOptions { Contract = SchemaContract.Frozen }, Cancel));
        Assert.Contains("! column colour: text? is not in the table", refused.Message, StringComparison.Ordinal);
        Assert.Contains("! column station: the table has text, the load float64", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<LoadException>(() => Frame.From([new Reading(1, "a", 1)]).LoadAsync(Table("other", "id"), Load.Upsert, new LoadOptions { Contract = SchemaContract.Frozen }, Cancel));
    }

    [Fact]
    public async Task Rows_or_values_that_do_not_fit_are_discarded_as_the_contract_says_and_counted()
    {
        var table = Table("readings", "id");
        await Frame.From([new { Id = 1, Count = (int?)5 }]).LoadAsync(table, Load.Upsert, cancel: Cancel);
        var rows = Frame.From([new { Id = 2, Count = "17", More = (string?)null }, new { Id = 3, Count = "many", More = (string?)"x" }]);
        var discardRow = await rows.LoadAsync(table, Load.Upsert, new LoadOptions { Contract = new() { Columns = OnChange.DiscardRow, Types = OnChange.DiscardRow } }, Cancel);
        Assert.Equal((2, 1, 1), (discardRow.RowsIn, discardRow.Written, discardRow.Rejected));
        var discardValue = await rows.LoadAsync(table, Load.Upsert, new LoadOptions { Contract = new() { Columns = OnChange.DiscardValue, Types = OnChange.DiscardValue } }, Cancel);
        Assert.Equal((1, 1, 0), (discardValue.Added, discardValue.Unchanged, discardValue.Rejected));
        Assert.Equal((1, 1), (discardValue.DiscardedValues["count"], discardValue.DiscardedValues["more"]));
    }

    [Fact]
    public async Task A_load_that_is_given_up_leaves_nothing()
    {
        var table = Table("readings", "id");
        await LoadAsync(table, Load.Full, new Reading(1, "a", 1));
        async IAsyncEnumerable<Reading> Breaking()
        {
            for (var i = 0; i < 40_000; i++) yield return new Reading(i, "x", i);
            await Task.CompletedTask;
            throw new InvalidDataException("the source broke");
        }
        await Assert.ThrowsAsync<InvalidDataException>(() => Frame.From(Breaking()).LoadAsync(table, Load.Full, cancel: Cancel));
        Assert.Equal([new(1, "a", 1)], await RowsAsync(table));
    }

    [Fact]
    public async Task Too_many_rejects_stop_the_load()
    {
        var schema = new Schema(new Field("id", DataType.Int32));
        var failed = await Assert.ThrowsAsync<LoadException>(() => Frame.From(OneBatch.Of(schema, [1], [null], [null])).LoadAsync(Table("few", "id"), Load.Upsert, new LoadOptions { MaxRejected = 0.5 }, Cancel));
        Assert.Contains("2 of 3", failed.Message, StringComparison.Ordinal);

        // Those that a step before the load refused count, too: the share is of all rows, as the report has it.
        var isChecked = Frame.From(OneBatch.Of(schema, [1], [2], [3])).Check("id is odd", Columns.Col("id") % 2 == 1);
        failed = await Assert.ThrowsAsync<LoadException>(() => isChecked.LoadAsync(Table("few", "id"), Load.Upsert, new LoadOptions { MaxRejected = 0.33 }, Cancel));
        Assert.Contains("1 of 3 rows", failed.Message, StringComparison.Ordinal);
        Assert.Equal(2, (await isChecked.LoadAsync(Table("few", "id"), Load.Upsert, new LoadOptions { MaxRejected = 0.34 }, Cancel)).Added);
    }

    [Fact]
    public async Task A_bookmark_reads_only_what_is_new_with_late_ties_and_without_repeats()
    {
        var table = Table("events");
        var options = new LoadOptions { Bookmark = Bookmark.ByKey("At") };
        var rows = new List<Event> { new(1, 10), new(2, 20), new(3, 20) };
        Assert.Equal(3, (await Frame.From(rows).LoadAsync(table, Load.Incremental, options, Cancel)).Added);
        rows.Add(new(4, 20));
        rows.Add(new(5, 30));
        Assert.Equal([4, 5], await NewAsync());
        Assert.Equal([], await NewAsync());
        Assert.Equal([1, 2, 3, 4, 5], (await ValuesAsync(table, "id")).Select(r => Convert.ToInt32(r[0], null)).Order());

        async Task<List<int>> NewAsync()
        {
            var before = (await ValuesAsync(table, "id")).Select(r => Convert.ToInt32(r[0], null)).ToHashSet();
            await Frame.From(rows).LoadAsync(table, Load.Incremental, options, Cancel);
            return [.. (await ValuesAsync(table, "id")).Select(r => Convert.ToInt32(r[0], null)).Where(id => !before.Contains(id)).Order()];
        }
    }

    [Fact]
    public async Task A_bookmark_by_content_lets_only_changed_rows_pass()
    {
        var table = Table("events");
        var options = new LoadOptions { Bookmark = Bookmark.ByContent() };
        await Frame.From([new Event(1, 10), new Event(2, 20)]).LoadAsync(table, Load.Incremental, options, Cancel);
        var report = await Frame.From([new Event(1, 10), new Event(2, 21)]).LoadAsync(table, Load.Incremental, options, Cancel);
        Assert.Equal(1, report.Added);
    }

    [Fact]
    public async Task Refused_rows_of_a_file_name_it_and_their_line_and_the_table_has_only_their_columns()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["readings.csv"], "id,station,celsius\n1,a,1.5\n,b,2.5\n2,c,warm\n3,d,3.5\n1,e,4.5\n", Cancel);
        var table = Table("readings", "id");
        await LoadAsync(table, Load.Upsert, new Reading(9, "z", 9));
        var options = new LoadOptions { Duplicates = DuplicateKeys.Reject, Contract = new() { Types = OnChange.DiscardRow } };
        var report = await Csv.Read(folder["readings.csv"]).LoadAsync(table, Load.Upsert, options, Cancel);
        Assert.Equal((5, 2, 3), (report.RowsIn, report.Written, report.Rejected));
        Assert.Equal([("null key", 3), ("wrong type", 4), ("duplicate key", 6)], report.RejectedRows.Select(r => (r.Rule, (int)r.Line!)).OrderBy(r => r.Item2));
        Assert.All(report.RejectedRows, r => Assert.EndsWith("readings.csv", r.Source, StringComparison.Ordinal));
        Assert.Equal(["id", "station", "celsius"], table.Schema.Names);
    }

    [Fact]
    public async Task Keys_that_repeat_are_found_among_many_and_of_any_type()
    {
        var rows = Enumerable.Range(0, 100_000).Select(i => new { Name = $"name {i % 99_990}", Day = new DateOnly(2026, 1, 1) });
        var report = await Frame.From(rows).LoadAsync(Table("names", "name", "day"), Load.Upsert, new LoadOptions { Duplicates = DuplicateKeys.Reject }, Cancel);
        Assert.Equal((99_990, 10), (report.Added, report.Rejected));
        var all = await Frame.From(rows.Take(99_990)).LoadAsync(Table("all_names", "name"), Load.Upsert, cancel: Cancel);
        Assert.Equal(99_990, all.Added);
    }

    [Fact]
    public async Task A_report_reads_well()
    {
        var table = Table("readings", "id");
        await LoadAsync(table, Load.Upsert, new Reading(1, "a", 1));
        var text = (await LoadAsync(table, Load.Upsert, new Reading(1, "a", 2), new Reading(2, "b", 2))).ToString();
        Assert.StartsWith("readings: 2 rows in, 2 written, 1 changed, 0 rejected in ", text, StringComparison.Ordinal);
    }

    sealed record Event(int Id, int At);

    static IEnumerable<T> Later<T>(Func<IEnumerable<T>> rows)
    {
        foreach (var row in rows()) yield return row;
    }

    static Task<LoadReport> LoadAsync(TableTarget table, Load mode, params Reading[] rows) => Frame.From(rows).LoadAsync(table, mode, cancel: Cancel);

    static async Task<List<Reading>> RowsAsync(TableTarget table) =>
        [.. (await ValuesAsync(table, "id", "station", "celsius")).Select(r => new Reading(Convert.ToInt32(r[0], null), (string?)r[1], (decimal?)r[2])).OrderBy(r => r.Id).ThenBy(r => r.Station)];

    static async Task<List<object?[]>> ValuesAsync(TableTarget table, params string[] columns)
    {
        var rows = new List<object?[]>();
        await foreach (var batch in ((ISource)table).ReadAsync(new ReadRequest { Columns = columns }, Cancel))
            using (batch)
                for (var i = 0; i < batch.Count; i++) rows.Add(batch.Row(i));
        return rows;
    }
}
