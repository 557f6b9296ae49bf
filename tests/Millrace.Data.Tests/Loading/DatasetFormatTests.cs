using Millrace.Data.Tests.Databases;
using Millrace.Plans;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Loading;

public sealed class DatasetFormatTests : IDisposable
{
    readonly TempFolder folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static readonly Schema Flat = new(
        new Field("id", DataType.Int32, false), new Field("yes", DataType.Boolean), new Field("small", DataType.Int16), new Field("large", DataType.Int64),
        new Field("single", DataType.Float32), new Field("double", DataType.Float64), new Field("money", DataType.Decimal(28, 9)), new Field("text", DataType.Text),
        new Field("bytes", DataType.Binary), new Field("day", DataType.Date), new Field("time", DataType.Time), new Field("at", DataType.Timestamp),
        new Field("instant", DataType.Instant), new Field("took", DataType.Duration), new Field("key", DataType.Uuid), new Field("colour", DataType.Enum(["red", "dark blue"])));

    static readonly object?[][] Rows =
    [
        [1, true, (short)-5, long.MaxValue, 0.1f, 0.1, 1234567890123456789.123456789m, "", new byte[] { 0, 255 }, new DateOnly(2024, 2, 29), new TimeOnly(23, 59, 59, 999, 999),
            new DateTime(2024, 1, 2, 3, 4, 5).AddTicks(10), new DateTimeOffset(2024, 1, 2, 3, 4, 5, TimeSpan.Zero).AddTicks(1_234_560), TimeSpan.FromMicroseconds(-90_000_001), Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), "dark blue"],
        [2, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null],
        [3, false, (short)0, long.MinValue, float.NaN, double.NegativeInfinity, -0.000000001m, "a, \"b\"\t'c' \\N\r\nnull\n", Array.Empty<byte>(), new DateOnly(1, 1, 1), new TimeOnly(0, 0),
            new DateTime(1969, 12, 31), DateTimeOffset.UnixEpoch, TimeSpan.Zero, Guid.Empty, "red"],
        [4, true, (short)1, 0L, -0.25f, 1e300, 0m, " ü null ", new byte[] { 1 }, new DateOnly(9999, 12, 31), new TimeOnly(12, 0), new DateTime(2024, 1, 1), DateTimeOffset.UnixEpoch.AddDays(30_000), TimeSpan.FromDays(400), Guid.Empty, "red"],
    ];

    Dataset At(DatasetFormat format, IReadOnlyList<string>? partitionBy = null) => Dataset.At(folder["set"], ["id"], partitionBy, format);

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(DatasetFormat.Parquet)]
    [InlineData(DatasetFormat.Csv)]
    [InlineData(DatasetFormat.Tsv)]
    [InlineData(DatasetFormat.JsonLines)]
    public async Task Every_value_comes_back_as_it_was_and_an_upsert_finds_it_unchanged(DatasetFormat format)
    {
        var given = OneBatch.Of(Flat, Rows);
        var rows = Frame.From(given);
        await rows.LoadAsync(At(format), Load.Upsert, cancel: Cancel);
        Assert.Equal(Shown(await ReadAsync(given)), Shown(await ReadAsync(At(format))));
        Assert.Equal(Flat.ToString(), At(format).Schema.ToString());
        var again = await rows.LoadAsync(At(format), Load.Upsert, cancel: Cancel);
        Assert.Equal((0, 4), (again.Written, again.Unchanged));
    }

    [Fact]
    public async Task Nested_values_come_back_from_lines_of_JSON()
    {
        var schema = new Schema(
            new Field("id", DataType.Int32, false), new Field("tags", DataType.List(DataType.Text)),
            new Field("place", DataType.Struct(new Field("name", DataType.Text), new Field("heights", DataType.List(DataType.Decimal(9, 2))))), new Field("counts", DataType.Map(DataType.Text, DataType.Int64)));
        var rows = OneBatch.Of(
            schema,
            [1, new object?[] { "a", null, "" }, new object?[] { "x", new object?[] { 1.50m, null } }, new Dictionary<object, object?> { ["a"] = 1L, [""] = null }],
            [2, Array.Empty<object?>(), null, new Dictionary<object, object?>()], [3, null, new object?[] { null, null }, null]);
        await Frame.From(rows).LoadAsync(At(DatasetFormat.JsonLines), Load.Full, cancel: Cancel);
        Assert.Equal(Shown(await ReadAsync(rows)), Shown(await ReadAsync(At(DatasetFormat.JsonLines))));
        Assert.Equal(3, (await Frame.From(rows).LoadAsync(At(DatasetFormat.JsonLines), Load.Upsert, cancel: Cancel)).Unchanged);
        var refused = await Assert.ThrowsAsync<LoadException>(() => Frame.From(rows).LoadAsync(Dataset.At(folder["csv"], ["id"], format: DatasetFormat.Csv), Load.Full, cancel: Cancel));
        Assert.Contains("tags", refused.Message, StringComparison.Ordinal);
        var odd = OneBatch.Of(new Schema(new Field("m", DataType.Map(DataType.Float64, DataType.Int64))), [[null]]);
        Assert.Contains("'m'", (await Assert.ThrowsAsync<LoadException>(() => Frame.From(odd).LoadAsync(Dataset.At(folder["odd"], format: DatasetFormat.JsonLines), Load.Full, cancel: Cancel))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DatasetFormat.Csv)]
    [InlineData(DatasetFormat.Tsv)]
    [InlineData(DatasetFormat.JsonLines)]
    public async Task All_modes_work_and_only_files_with_changes_are_written_again(DatasetFormat format)
    {
        await LoadAsync(format, Load.Append, new Reading(1, "a", 1), new Reading(2, "b", 2));
        await LoadAsync(format, Load.Append, new Reading(3, "c", 3));
        var report = await LoadAsync(format, Load.Upsert, new Reading(3, "changed", 3), new Reading(2, "b", 2), new Reading(4, "d", null));
        Assert.Equal((1, 1, 1), (report.Added, report.Changed, report.Unchanged));
        Assert.Contains(DatasetManifest.Read(At(format).ManifestPath).Files, f => f.Path == DatasetManifest.Read(At(format).VersionPath(1)).Files[0].Path);
        Assert.Equal(1, (await LoadAsync(format, Load.InsertOnly, new Reading(1, "z", 9), new Reading(5, "e", 5))).Added);
        Assert.Equal(1, (await LoadAsync(format, Load.DeleteInsert, new Reading(5, "f", 5))).Deleted);
        Assert.Equal([new(1, "a", 1), new(2, "b", 2), new(3, "changed", 3), new(4, "d", null), new(5, "f", 5)], await RowsAsync(format));
        var options = new LoadOptions { Bookmark = Bookmark.ByKey("id") };
        Assert.Equal(2, (await Frame.From([new Reading(6, "g", 6), new Reading(7, "h", 7)]).LoadAsync(At(format), Load.Incremental, options, Cancel)).Added);
        Assert.Equal(1, (await Frame.From([new Reading(7, "h", 7), new Reading(8, "i", 8)]).LoadAsync(At(format), Load.Incremental, options, Cancel)).Added);
        Assert.Equal(8, (await LoadAsync(format, Load.Full, new Reading(9, "j", 9))).Deleted);
        Assert.Equal([new(9, "j", 9)], await RowsAsync(format));
        await At(format).VerifyAsync(Cancel);
        Assert.Equal(1, await Frame.From(At(format)).CountAsync(Cancel));
    }

    [Theory]
    [InlineData(DatasetFormat.Csv)]
    [InlineData(DatasetFormat.JsonLines)]
    public async Task Columns_that_come_later_are_null_in_older_files_and_wider_types_keep_their_values(DatasetFormat format)
    {
        await Frame.From([new { Id = 1, Value = 0.1f }]).LoadAsync(At(format), Load.Upsert, cancel: Cancel);
        await Frame.From([new { Id = 2, Value = 0.2, Note = "new" }]).LoadAsync(At(format), Load.Append, cancel: Cancel);
        Assert.Equal(Shown([[1, (double)0.1f, null], [2, 0.2, "new"]]), Shown(await ReadAsync(At(format))));
        Assert.Equal(1, (await Frame.From([new { Id = 1, Value = (double)0.1f, Note = (string?)null }]).LoadAsync(At(format), Load.Upsert, cancel: Cancel)).Unchanged);
    }

    [Fact]
    public async Task Files_are_parted_by_columns_that_stay_in_them()
    {
        var set = At(DatasetFormat.Csv, ["station"]);
        await Frame.From([new Reading(1, "a/b", 1), new Reading(2, null, 2)]).LoadAsync(set, Load.Full, cancel: Cancel);
        Assert.Equal([new(1, "a/b", 1), new(2, null, 2)], await RowsAsync(DatasetFormat.Csv));
        var files = DatasetManifest.Read(set.ManifestPath).Files;
        Assert.All(files, f => Assert.Equal(1, f.Rows));
        Assert.Contains(files, f => f.Path.Contains("station=a%2Fb/part-00001.csv", StringComparison.Ordinal));
        Assert.StartsWith("id,station,celsius", await File.ReadAllTextAsync(set.PathOf(files[0]), Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_manifest_without_a_format_means_Parquet_and_a_load_of_another_is_refused()
    {
        await LoadAsync(DatasetFormat.Parquet, Load.Full, new Reading(1, "a", 1));
        Assert.DoesNotContain("format", await File.ReadAllTextAsync(At(DatasetFormat.Parquet).ManifestPath, Cancel), StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<LoadException>(() => LoadAsync(DatasetFormat.Csv, Load.Append, new Reading(2, "b", 2)));
        Assert.Contains("has files of Parquet", refused.Message, StringComparison.Ordinal);
        await Frame.From([new Reading(2, "b", 2)]).LoadAsync(Dataset.At(folder["tsv"], format: DatasetFormat.Tsv), Load.Append, cancel: Cancel);
        // Who says nothing takes what is there.
        await Frame.From([new Reading(3, "c", 2)]).LoadAsync(Dataset.At(folder["tsv"]), Load.Append, cancel: Cancel);
        Assert.All(DatasetManifest.Read(Dataset.At(folder["tsv"]).ManifestPath).Files, f => Assert.EndsWith(".tsv", f.Path, StringComparison.Ordinal));
    }

    Task<LoadReport> LoadAsync(DatasetFormat format, Load mode, params Reading[] rows) => Frame.From(rows).LoadAsync(At(format), mode, cancel: Cancel);

    async Task<List<Reading>> RowsAsync(DatasetFormat format) => [.. (await Frame.From(At(format)).As<Reading>().ToListAsync(Cancel)).OrderBy(r => r.Id)];

    static async Task<List<object?[]>> ReadAsync(ISource source)
    {
        var rows = new List<object?[]>();
        await foreach (var batch in source.ReadAsync(new ReadRequest(), Cancel))
            using (batch)
                for (var i = 0; i < batch.Count; i++) rows.Add(batch.Row(i));
        return rows;
    }

    static IEnumerable<string> Shown(IEnumerable<object?[]> rows) => rows.Select(r => string.Join("|", r.Select(Shown))).Order(StringComparer.Ordinal);

    static string Shown(object? value) => value switch
    {
        byte[] bytes => Convert.ToHexString(bytes),
        string text => $"'{text}'",
        float or double => $"{value:R}",
        System.Collections.IDictionary map => string.Join(",", map.Keys.Cast<object>().Select(k => $"{Shown(k)}={Shown(map[k])}")),
        System.Collections.IEnumerable list => $"[{string.Join(",", list.Cast<object?>().Select(Shown))}]",
        _ => ClrValue.Display(value),
    };
}
