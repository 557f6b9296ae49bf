using System.Text.Json;
using Millrace.Data.Tests.Databases;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Loading;

public sealed class DatasetTests : IDisposable
{
    readonly TempFolder folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    Dataset Readings => Dataset.At(folder["readings"], key: ["id"]);

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_dataset_remembers_its_key_and_its_parts_and_takes_no_others()
    {
        using var folder = new TempFolder();
        var first = Dataset.At(folder["set"], key: ["Id"], partitionBy: ["station"]);
        await Frame.From([new Reading(1, "a", 1), new Reading(2, "b", 2)]).LoadAsync(first, Load.Upsert, cancel: Cancel);
        await first.BackupAsync(folder["backup"], Cancel);
        var restored = await Dataset.RestoreAsync(folder["backup"], folder["restored"], Cancel);
        Assert.Equal(["id"], restored.Key);
        Assert.Equal((0, 1), ((await Frame.From([new Reading(1, "a", 9)]).LoadAsync(restored, Load.Upsert, cancel: Cancel)) is var r ? (r.Added, r.Changed) : default));
        Assert.All(restored.Current().Files, f => Assert.Contains("station=", f.Path, StringComparison.Ordinal));

        var key = await Assert.ThrowsAsync<LoadException>(() => Frame.From([new Reading(3, "c", 3)]).LoadAsync(Dataset.At(folder["set"], key: ["station"]), Load.Upsert, cancel: Cancel));
        Assert.Contains("has the key (id), and was to be loaded by (station)", key.Message, StringComparison.Ordinal);
        var parts = await Assert.ThrowsAsync<LoadException>(() => Frame.From([new Reading(3, "c", 3)]).LoadAsync(Dataset.At(folder["set"], partitionBy: ["id"]), Load.Upsert, cancel: Cancel));
        Assert.Contains("parted by (station), and was to be loaded parted by (id)", parts.Message, StringComparison.Ordinal);
        Assert.Equal(2, Dataset.At(folder["set"]).Rows);
        // Which rows are replaced, each load of that kind says.
        await Frame.From([new Reading(1, "a", 5)]).LoadAsync(Dataset.At(folder["set"], key: ["station"]), Load.DeleteInsert, cancel: Cancel);
        Assert.Equal(["id"], Dataset.At(folder["set"]).Key);
    }

    [Fact]
    public async Task Files_that_another_load_had_meanwhile_are_not_loaded_again()
    {
        await File.WriteAllTextAsync(folder["a.csv"], "id\n1\n", Cancel);
        var (first, second) = (await FileBookmark.NewAsync(folder["*.csv"], Readings, cancel: Cancel), await FileBookmark.NewAsync(folder["*.csv"], Readings, cancel: Cancel));
        await Csv.Read(first.Files).LoadAsync(Readings, Load.Append, new LoadOptions { Files = first }, Cancel);
        var refused = await Assert.ThrowsAsync<LoadException>(() => Csv.Read(second.Files).LoadAsync(Readings, Load.Append, new LoadOptions { Files = second }, Cancel));
        Assert.Contains("moved the bookmark 'files'", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, Readings.Rows);
    }

    [Fact]
    public async Task Rows_that_a_step_before_the_load_refused_count_among_the_most()
    {
        var frame = Frame.From(new[] { 1, 2, 3 }.Select(n => new { Id = n })).Check("id is odd", r => r.Id % 2 == 1);
        var failed = await Assert.ThrowsAsync<LoadException>(() => frame.LoadAsync(Readings, Load.Append, new LoadOptions { MaxRejected = 0.33 }, Cancel));
        Assert.Contains("1 of 3 rows", failed.Message, StringComparison.Ordinal);
        Assert.Equal(2, (await frame.LoadAsync(Readings, Load.Append, new LoadOptions { MaxRejected = 0.34 }, Cancel)).Added);
    }

    [Fact]
    public async Task A_full_load_replaces_all_and_an_earlier_version_can_still_be_read()
    {
        await LoadAsync(Load.Full, new Reading(1, "a", 1));
        var report = await LoadAsync(Load.Full, new Reading(2, "b", 2), new Reading(3, "c", null));
        Assert.Equal((2, 1), (report.Added, report.Deleted));
        Assert.Equal([new(2, "b", 2), new(3, "c", null)], await RowsAsync(Readings));
        Assert.Equal([new(1, "a", 1)], await RowsAsync(Readings.AtVersion(1)));
    }

    [Fact]
    public async Task An_upsert_rewrites_only_files_with_rows_that_change_and_a_rerun_writes_nothing()
    {
        await LoadAsync(Load.Append, new Reading(1, "a", 1), new Reading(2, "b", 2));
        await LoadAsync(Load.Append, new Reading(3, "c", 3));
        var report = await LoadAsync(Load.Upsert, new Reading(3, "changed", 3), new Reading(2, "b", 2), new Reading(4, "d", 4));
        Assert.Equal((1, 1, 1), (report.Added, report.Changed, report.Unchanged));
        var version = Readings.Version;
        var again = await LoadAsync(Load.Upsert, new Reading(3, "changed", 3), new Reading(2, "b", 2), new Reading(4, "d", 4));
        Assert.Equal((0, 3, version), (again.Written, again.Unchanged, Readings.Version));
        Assert.Equal([new(1, "a", 1), new(2, "b", 2), new(3, "changed", 3), new(4, "d", 4)], await RowsAsync(Readings));
        Assert.Contains(DatasetManifest.Read(Readings.ManifestPath).Files, f => f.Rows == 2 && f.Path == DatasetManifest.Read(Readings.VersionPath(1)).Files[0].Path);
    }

    [Fact]
    public async Task Delete_insert_replaces_the_days_of_a_load_in_a_dataset_parted_by_them()
    {
        var days = Dataset.At(folder["days"], key: ["station"], partitionBy: ["station"]);
        await Frame.From([new Reading(1, "a", 1), new Reading(2, "a", 2), new Reading(3, "b/c", 3)]).LoadAsync(days, Load.DeleteInsert, cancel: Cancel);
        var report = await Frame.From([new Reading(9, "a", 9)]).LoadAsync(days, Load.DeleteInsert, cancel: Cancel);
        Assert.Equal((1, 2), (report.Added, report.Deleted));
        Assert.Equal([new(3, "b/c", 3), new(9, "a", 9)], await RowsAsync(days));
        Assert.Contains(DatasetManifest.Read(days.ManifestPath).Files, f => f.Path.Contains("station=a/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_load_that_was_committed_is_skipped_and_a_bookmark_lies_with_the_data()
    {
        var options = new LoadOptions { Id = "run-7" };
        await Frame.From([new Reading(1, "a", 1)]).LoadAsync(Readings, Load.Append, options, Cancel);
        var again = await Frame.From([new Reading(1, "a", 1)]).LoadAsync(Readings, Load.Append, options, Cancel);
        Assert.Equal((true, 0), (again.WasLoadedBefore, again.Written));
        var marked = new LoadOptions { Bookmark = Bookmark.ByContent() };
        Assert.Equal(1, (await Frame.From([new Reading(2, "b", 1)]).LoadAsync(Readings, Load.Incremental, marked, Cancel)).Added);
        Assert.Equal(0, (await Frame.From([new Reading(2, "b", 1)]).LoadAsync(Readings, Load.Incremental, marked, Cancel)).RowsIn);
    }

    [Fact]
    public async Task A_new_column_is_null_in_older_rows()
    {
        await LoadAsync(Load.Append, new Reading(1, "a", 1));
        await Frame.From([new { Id = 2, Station = "b", Celsius = (decimal?)2, MeasuredBy = "me" }]).LoadAsync(Readings, Load.Upsert, cancel: Cancel);
        Assert.Equal([(1, null), (2, "me")], (await Frame.From(Readings).As<Measured>().ToListAsync(Cancel)).Select(m => (m.Id, m.MeasuredBy)).Order());
    }

    [Fact]
    public async Task A_backup_is_restored_and_a_damaged_file_is_named()
    {
        await LoadAsync(Load.Full, new Reading(1, "a", 1));
        await Readings.BackupAsync(folder["backup"], Cancel);
        var restored = await Dataset.RestoreAsync(folder["backup"], folder["restored"], Cancel);
        Assert.Equal([new(1, "a", 1)], await RowsAsync(restored));
        var file = DatasetManifest.Read(restored.ManifestPath).Files[0];
        await using (var bytes = new FileStream(restored.PathOf(file), FileMode.Open))
        {
            bytes.Position = 20;
            bytes.WriteByte(0xee);
        }
        var damaged = await Assert.ThrowsAsync<DatabaseException>(() => restored.VerifyAsync(Cancel));
        Assert.Contains(file.Path, damaged.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dataset_is_handed_on_by_its_folder_and_version()
    {
        await LoadAsync(Load.Full, new Reading(1, "a", 1));
        var handed = JsonSerializer.Deserialize<Dataset>(JsonSerializer.Serialize(Readings))!;
        await LoadAsync(Load.Full, new Reading(2, "b", 2));
        Assert.Equal([new(1, "a", 1)], await RowsAsync(handed));
    }

    [Fact]
    public async Task Old_files_are_swept_when_no_kept_version_names_them()
    {
        for (var i = 0; i < 6; i++) await LoadAsync(Load.Full, new Reading(i, "a", i));
        Assert.InRange(Directory.GetFiles(folder["readings", "data"], "*.parquet", SearchOption.AllDirectories).Length, 1, DatasetLoad.KeptVersions + 1);
        await Assert.ThrowsAsync<DatabaseException>(() => RowsAsync(Readings.AtVersion(1)));
    }

    [Fact]
    public async Task A_disk_that_fills_leaves_the_old_data()
    {
        await LoadAsync(Load.Full, new Reading(1, "a", 1));
        var limit = Path.Combine(folder.FullPath, "small");
        using var loader = await LoaderProcess.StartAsync("dataset", Path.Combine(limit, "full"), Load.Full, 1, 10, Cancel);
        Assert.StartsWith("loaded", await loader.EndAsync(Cancel), StringComparison.Ordinal);
        // No file of the process may grow beyond 100 blocks: what a full disk looks like to it.
        using var stopped = await LoaderProcess.StartAsync("dataset", Path.Combine(limit, "full"), Load.Full, 2, 400_000, Cancel, "/bin/sh", "-c", "trap '' XFSZ; ulimit -f 100; exec \"$@\"", "limited");
        Assert.DoesNotContain("loaded", await stopped.EndAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(10, Dataset.At(Path.Combine(limit, "full")).Rows);
    }

    [Fact]
    public async Task A_disk_without_room_refuses_the_load_says_so_and_takes_the_next_one_that_fits()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "A small disk can only be made by root on Linux.");
        var disk = folder["disk"];
        Directory.CreateDirectory(disk);
        Assert.SkipUnless(await RanAsync("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk), "Disks can't be mounted here.");
        try
        {
            var dataset = Dataset.At(Path.Combine(disk, "readings"), key: ["id"]);
            await Frame.From([new Reading(1, "a", 1)]).LoadAsync(dataset, Load.Full, cancel: Cancel);
            var random = new Random(3);
            var many = Enumerable.Range(0, 400_000).Select(i => new Reading(i, $"{random.NextInt64():x}{random.NextInt64():x}", i));
            var refused = await Assert.ThrowsAsync<LoadException>(() => Frame.From(many).LoadAsync(dataset, Load.Full, cancel: Cancel));
            Assert.Contains(dataset.Folder, refused.Message, StringComparison.Ordinal);
            Assert.Contains("No space left", refused.Message, StringComparison.OrdinalIgnoreCase);
            Assert.Equal([new(1, "a", 1)], await RowsAsync(dataset));
            await Frame.From([new Reading(2, "b", 2)]).LoadAsync(dataset, Load.Full, cancel: Cancel);
            Assert.Equal([new(2, "b", 2)], await RowsAsync(dataset));
        }
        finally
        {
            await RanAsync("umount", disk);
        }
    }

    [Fact]
    public async Task Refused_rows_of_a_file_name_it_and_their_line()
    {
        await File.WriteAllTextAsync(folder["readings.csv"], "id,station\n1,a\n,b\n1,e\n", Cancel);
        var report = await Csv.Read(folder["readings.csv"]).LoadAsync(Readings, Load.Upsert, new LoadOptions { Duplicates = DuplicateKeys.Reject }, Cancel);
        Assert.Equal([("null key", 3), ("duplicate key", 4)], report.RejectedRows.Select(r => (r.Rule, (int)r.Line!)).OrderBy(r => r.Item2));
        Assert.All(report.RejectedRows, r => Assert.EndsWith("readings.csv", r.Source, StringComparison.Ordinal));
        Assert.Equal(["id", "station"], Readings.Schema.Names);
    }

    [Fact]
    public async Task A_source_that_knows_no_lines_has_its_rows_numbered_also_where_they_are_sorted()
    {
        var schema = new Schema(new Field("id", DataType.Int32), new Field("station", DataType.Text));
        var rows = Frame.From(OneBatch.Of(schema, [3, "c"], [null, "b"], [1, "a"]));
        var report = await rows.OrderBy("station").LoadAsync(Readings, Load.Upsert, cancel: Cancel);
        Assert.Equal(2, Assert.Single(report.RejectedRows).Line);
    }

    static async Task<bool> RanAsync(params string[] command)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode == 0;
    }

    sealed record Measured(int Id, string? MeasuredBy);

    Task<LoadReport> LoadAsync(Load mode, params Reading[] rows) => Frame.From(rows).LoadAsync(Readings, mode, cancel: Cancel);

    static async Task<List<Reading>> RowsAsync(Dataset dataset) => [.. (await Frame.From(dataset).As<Reading>().ToListAsync(Cancel)).OrderBy(r => r.Id)];
}
