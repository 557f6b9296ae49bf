using System.IO.Compression;
using System.Text;
using Millrace.Cli.Output;
using Millrace.Data;
using Millrace.Plans;
using Millrace.Testing;
using Millrace.Testing.Servers;
using Npgsql;

namespace Millrace.Cli.Tests;

public sealed class ProgressTests : IDisposable
{
    readonly TempFolder _folder = new();
    readonly VirtualClock _clock = new();

    public void Dispose() => _folder.Dispose();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    sealed class Heard : IProgress<RunProgress>
    {
        internal List<RunProgress> All { get; } = [];
        public void Report(RunProgress value) => All.Add(value);
    }

    sealed class Deaf : IProgress<RunProgress>
    {
        internal int Told { get; private set; }

        public void Report(RunProgress value)
        {
            Told++;
            throw new InvalidOperationException("I can't hear.");
        }
    }

    string Csv(string name, int rows)
    {
        var text = new StringBuilder("id,name\n");
        for (var i = 0; i < rows; i++) text.Append(i).Append(",name ").Append(i % 97).Append('\n');
        var path = _folder[name];
        using Stream file = File.Create(path);
        using var packed = name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionLevel.Fastest) : file;
        packed.Write(Encoding.UTF8.GetBytes(text.ToString()));
        return path;
    }

    [Theory]
    [InlineData("in.csv")]
    [InlineData("in.csv.gz")]
    [InlineData("in.jsonl")]
    [InlineData("in.jsonl.gz")]
    [InlineData("in.parquet")]
    public async Task A_run_counts_rows_and_the_bytes_as_they_lie_on_the_disk(string name)
    {
        var path = Csv("rows.csv.gz", 100_000);
        await Millrace.Data.Csv.Read(path).WriteAsync(_folder["in.parquet"], Cancel);
        if (name.Contains("jsonl", StringComparison.Ordinal)) await Millrace.Data.Csv.Read(path).WriteAsync(_folder[name], Cancel);
        else if (name.Contains("csv", StringComparison.Ordinal)) Csv(name, 100_000);
        var (run, heard) = (new RunContext { Time = _clock }, new Heard());
        using (run.Watch(heard))
        {
            using var rows = await Frame.From(FileFormats.Open(_folder[name])).Where(Data.Columns.Col("id") < 10).CollectAsync(run, Cancel);
            Assert.Equal(10, rows.Count);
        }
        var end = heard.All[^1];
        Assert.Equal(new FileInfo(_folder[name]).Length, end.BytesTotal);
        Assert.Equal(end.BytesTotal, end.BytesRead);
        Assert.Equal((10, 1.0), (end.Rows, end.Share!.Value));
        // Parquet is DuckDB's to read, and it skips rows that a filter can't need.
        if (name != "in.parquet") Assert.Equal(100_000, end.RowsRead);
    }

    [Fact]
    public async Task Half_of_a_packed_file_is_half_of_its_packed_bytes()
    {
        var (run, heard) = (new RunContext { Time = _clock, Threads = 1 }, new Heard());
        using var watch = run.Watch(heard);
        var shares = new List<double>();
        await foreach (var batch in Millrace.Data.Csv.Read(Csv("in.csv.gz", 1_000_000)).ReadBatchesAsync(run, Cancel)) shares.Add(run.Progress().Share!.Value);
        Assert.Equal(shares.Order(), shares);
        Assert.Contains(shares, s => s is > 0.25 and < 0.75);
        Assert.True(shares[0] < 0.25, $"The first share was {shares[0]}.");
    }

    [Fact]
    public async Task All_sources_are_known_before_the_first_is_read_and_a_self_join_reads_twice()
    {
        var (small, large) = (Csv("small.csv", 1_000), Csv("large.csv", 200_000));
        var (run, heard) = (new RunContext { Time = _clock }, new Heard());
        using var watch = run.Watch(heard);
        var frame = Frame.Sql("select * from s join l using (id) join l m using (id)", ("s", Millrace.Data.Csv.Read(small)), ("l", Millrace.Data.Csv.Read(large)));
        using var rows = await frame.CollectAsync(run, Cancel);
        var whole = new FileInfo(small).Length + (2 * new FileInfo(large).Length);
        Assert.Equal(whole, run.Progress().BytesTotal);
        Assert.Equal(1_000 + (2 * 200_000), run.Progress().RowsRead);
        Assert.Equal(1, run.Progress().Share);
    }

    [Fact]
    public async Task A_source_that_knows_no_size_leaves_the_share_open()
    {
        var (run, heard) = (new RunContext { Time = _clock }, new Heard());
        using var watch = run.Watch(heard);
        using var rows = await Frame.From(Endless()).Take(10).CollectAsync(run, Cancel);
        Assert.Null(run.Progress().Share);
        Assert.Null(run.Progress().Left);
        Assert.Equal(10, run.Progress().Rows);

        static IEnumerable<int> Endless()
        {
            for (var i = 0; ; i++) yield return i;
        }
    }

    [Theory]
    [InlineData("app.sqlite")]
    [InlineData("lake.duckdb")]
    [InlineData("dataset")]
    public async Task Tables_say_how_many_rows_they_have(string place)
    {
        LoadTarget target = place == "dataset" ? Dataset.At(_folder[place]) : Database.Table(_folder[place], "numbers");
        await Frame.From(Enumerable.Range(1, 5_000).Select(i => new { Id = i })).LoadAsync(target, Load.Append, cancel: Cancel);
        Assert.Equal(5_000, (await ((ISource)target).MeasureAsync(Cancel))!.Value.Rows);
    }

    [Fact]
    public async Task A_table_of_PostgreSQL_says_what_its_last_analyze_found()
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancel);
        var table = Postgres.Connect(database.ConnectionString).Table("numbers");
        await Frame.From(Enumerable.Range(1, 5_000).Select(i => new { Id = i })).LoadAsync(table, Load.Append, cancel: Cancel);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using (var analyze = source.CreateCommand("analyze numbers")) await analyze.ExecuteNonQueryAsync(Cancel);
        Assert.Equal(5_000, (await table.MeasureAsync(Cancel))!.Value.Rows);
        Assert.Null(await Postgres.Connect(database.ConnectionString).Table("nothing").MeasureAsync(Cancel));
    }

    [Fact]
    public void A_watcher_is_told_at_its_pace_and_once_more_at_the_end()
    {
        var (run, heard) = (new RunContext { Time = _clock }, new Heard());
        using (run.Watch(heard, TimeSpan.FromSeconds(1)))
        {
            _clock.Advance(TimeSpan.FromSeconds(2.5));
            Assert.Equal(2, heard.All.Count);
        }
        Assert.Equal(3, heard.All.Count);
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(3, heard.All.Count);
    }

    [Fact]
    public void A_watcher_that_throws_is_told_no_more()
    {
        var (run, deaf) = (new RunContext { Time = _clock }, new Deaf());
        using (run.Watch(deaf, TimeSpan.FromSeconds(1))) _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(1, deaf.Told);
    }

    [Theory]
    [InlineData(0.43, 10, 100, "████████░░░░░░░░░░░░  43%  0:13 left  2,000,000 rows  200,000 rows/s  430 MB of 1.0 GB  7 rejected")]
    [InlineData(0.43, 10, 60, "████████░░░░░░░░░░░░  43%  0:13 left  2,000,000 rows")]
    [InlineData(0.43, 10, 20, "████████░░░░░░░░░░░░")]
    [InlineData(0.999, 10_000, 46, "███████████████████░  99%  0:10 left")]
    [InlineData(0.01, 7_300, 41, "░░░░░░░░░░░░░░░░░░░░   1%  200:45:00 left")]
    [InlineData(0.5, 0.9, 40, "██████████░░░░░░░░░░  50%")]
    [InlineData(1.0, 75, 60, "████████████████████ 100%  all read, finishing, 1:15")]
    [InlineData(null, 75, 60, "1:15  2,000,000 rows  26,667 rows/s  430 MB of 1.0 GB")]
    public void A_line_says_the_share_the_time_left_and_as_many_figures_as_fit(double? share, double seconds, int width, string line) =>
        Assert.Equal(line, ProgressText.Of(new RunProgress
        {
            Elapsed = TimeSpan.FromSeconds(seconds), RowsRead = 2_000_000, Rows = 10, Rejected = 7, BytesRead = 430_000_000, BytesTotal = 1_000_000_000, Share = share,
        }, width));

    [Fact]
    public async Task The_line_comes_after_a_moment_and_is_gone_at_the_end()
    {
        var (run, terminal) = (new RunContext { Time = _clock }, new StringWriter());
        var line = new ProgressLine(terminal, () => 80, run);
        await foreach (var batch in Millrace.Data.Csv.Read(Csv("in.csv", 1_000)).ReadBatchesAsync(run, Cancel))
        {
            _clock.Advance(TimeSpan.FromMilliseconds(400));
            Assert.Equal("", terminal.ToString());
            _clock.Advance(TimeSpan.FromMilliseconds(200));
            Assert.StartsWith("\r████████████████████ 100%", terminal.ToString(), StringComparison.Ordinal);
        }
        line.Dispose();
        Assert.EndsWith("\r\u001b[K", terminal.ToString(), StringComparison.Ordinal);
        var written = terminal.ToString();
        _clock.Advance(TimeSpan.FromSeconds(5));
        line.Dispose();
        Assert.Equal(written, terminal.ToString());
    }

    [Fact]
    public void A_run_that_is_over_at_once_draws_nothing()
    {
        var terminal = new StringWriter();
        new ProgressLine(terminal, () => 80, new RunContext { Time = _clock }).Dispose();
        Assert.Equal("", terminal.ToString());
    }
}
