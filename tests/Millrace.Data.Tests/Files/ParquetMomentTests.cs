using Millrace.Data.Engines.DuckDb;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Files;

/// <summary>Moments of Parquet files that are finer than a microsecond: none of their digits goes without a word.</summary>
public sealed class ParquetMomentTests : IDisposable
{
    readonly TempFolder folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Nanoseconds_are_read_where_they_are_whole_microseconds_and_refused_where_they_are_not()
    {
        var whole = Parquet.Read(Write("timestamp_ns '2026-01-01 00:00:00.123456'"));
        Assert.Equal("at: timestamp?, n: int32?", whole.Schema.ToString());
        using (var table = await whole.CollectAsync(Cancel)) Assert.Equal(new DateTime(2026, 1, 1).AddTicks(1234560), table[0, "at"]);
        Assert.Empty(whole.Losses());

        var finer = Parquet.Read(Write("timestamp_ns '2026-01-01 00:00:00.123456789'"));
        foreach (var frame in new[] { finer, finer.Where(Columns.Col("n") > 1).OrderBy("at"), finer.GroupBy("at").Count() })
        {
            var refused = await Assert.ThrowsAsync<PlanException>(() => frame.CollectAsync(Cancel));
            Assert.Contains("'at' has a value with 123456789 nanoseconds in its second", refused.Message, StringComparison.Ordinal);
            Assert.Contains("Frame.Sql(\"select * replace (\"at\"::timestamp as \"at\") from read_parquet(", refused.Message, StringComparison.Ordinal);
        }
        Assert.Equal(1, await finer.Select("n").CountAsync(cancel: Cancel));

        // What the message says to do.
        using var cut = await Frame.Sql($"select * replace (\"at\"::timestamp as \"at\") from read_parquet('{folder["a.parquet"]}')").CollectAsync(Cancel);
        Assert.Equal(new DateTime(2026, 1, 1).AddTicks(1234560), cut[0, "at"]);
    }

    [Fact]
    public async Task Nanoseconds_of_instants_are_cut_and_the_plan_says_so()
    {
        var frame = Parquet.Read(Write("timestamp_ns '2026-01-01 00:00:00.123456789'", utc: true));
        Assert.Equal("at: instant?, n: int32?", frame.Schema.ToString());
        using (var table = await frame.CollectAsync(Cancel)) Assert.Equal(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(1234560), table[0, "at"]);
        var loss = Assert.Single(frame.Losses());
        Assert.Equal((LossKind.PrecisionCut, "at", "'at' has nanoseconds in the file and is read to the microsecond"), (loss.Kind, loss.Column, loss.Detail));
        // A part of a nested column, among others before and behind it.
        var nested = Parquet.Read(Write("{'a': [1], 'b': [{'c': timestamp_ns '2026-01-01 00:00:00'}]}", utc: true));
        Assert.Equal(["at"], nested.Losses().Select(l => l.Column));
        Assert.Equal([], Parquet.Read(Write("timestamptz '2026-01-01 00:00:00+00'")).Losses());
    }

    string Write(string value, bool utc = false)
    {
        var path = folder["a.parquet"];
        using (var database = DuckDbDatabase.InMemory(new DuckDbOptions { Threads = 1 }))
        using (var connection = database.Connect())
        using (var statement = connection.Prepare($"copy (select {value} as \"at\", 7 as n) to '{path}' (format parquet)"))
        {
            foreach (var batch in BatchReader.StreamAsync(statement, new Schema(new Field("Count", DataType.Int64)), 100, Cancel).ToBlockingEnumerable()) batch.Dispose();
        }
        if (!utc) return path;
        // DuckDB doesn't write such columns, as Arrow and Spark do. In the footer's logical type: isAdjustedToUTC = false, unit = NANOS.
        var bytes = File.ReadAllBytes(path);
        var at = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x12, 0x1C, 0x3C, 0, 0, 0]);
        Assert.True(at > 0, "The footer has no timestamps of nanoseconds.");
        bytes[at] = 0x11;
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
