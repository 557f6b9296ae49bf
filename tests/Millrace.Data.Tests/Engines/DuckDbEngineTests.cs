using System.Text.Json.Nodes;
using Millrace.Data.Engines.DuckDb;
using Millrace.Testing.Servers;
using static Millrace.Data.Columns;

namespace Millrace.Data.Tests.Engines;

/// <summary>What heavy steps promise of memory, cancellation and errors.</summary>
public sealed class DuckDbEngineTests : IDisposable
{
    readonly TempFolder folder = new();

    sealed record Item(int Id, string Text);

    sealed record Amount(string Shop, int Paid);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_sort_of_more_than_memory_holds_spills_and_cleans_up_after_itself()
    {
        const int Rows = 1_000_000;
        var items = Frame.From(Enumerable.Range(0, Rows).Select(i => new Item(i, $"{i * 7919L % Rows:d9} {new string('x', 60)}")));
        var spilled = false;
        var read = 0;
        await foreach (var batch in items.OrderBy(i => i.Text).ReadBatchesAsync(new RunContext { MemoryLimit = 64 << 20, SpillFolder = folder.FullPath, Threads = 2 }, Cancel))
        {
            using (batch)
            {
                spilled |= Directory.EnumerateFiles(folder.FullPath, "*", SearchOption.AllDirectories).Any();
                Assert.StartsWith($"{read:d9} ", (string)batch.Row(0)[1]!, StringComparison.Ordinal);
                read += batch.Count;
            }
        }
        Assert.Equal(Rows, read);
        Assert.True(spilled);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullPath));
    }

    [Fact]
    public async Task A_cancelled_query_ends_promptly_and_leaves_nothing_behind()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        // Ten thousand million pairs: it would run for minutes.
        var items = Frame.From(new LastRow(100_000, stop.Cancel));
        var pairs = items.CrossJoin(items.Rename("n", "m")).Aggregate(Max(Col("n") * Col("m")).As("x"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pairs.CollectAsync(new RunContext { SpillFolder = folder.FullPath }, stop.Token).WaitAsync(TimeSpan.FromSeconds(20), Cancel));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullPath));
    }

    [Fact]
    public async Task Values_that_a_step_cannot_compute_are_told_with_the_step_and_the_remedy()
    {
        var amounts = Frame.From([new Amount("north", 1), new Amount("north", int.MaxValue)]);
        var wrong = await Assert.ThrowsAsync<DuckDbException>(() => amounts.GroupBy(a => a.Shop).Select(g => new { g.Key, Most = g.Max(a => a.Paid * 2) }).ToListAsync(Cancel));
        Assert.StartsWith("DuckDB can't run 'group by", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("2147483647 * 2", wrong.Message, StringComparison.Ordinal);
        Assert.EndsWith("Filter out or correct the rows that hold such values, or cast them to a wider type first.", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_gone_is_named()
    {
        await Frame.From([new Amount("north", 1)]).WriteAsync(Parquet.File(folder["paid.parquet"]), Cancel);
        var shops = Parquet.Read(folder["paid.parquet"]).GroupBy("shop").Aggregate(Sum("paid").As("paid"));
        File.Delete(folder["paid.parquet"]);
        var wrong = await Assert.ThrowsAsync<DuckDbException>(() => shops.CollectAsync(Cancel));
        Assert.Contains(folder["paid.parquet"], wrong.Message, StringComparison.Ordinal);
        Assert.Contains("See that the file is there", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_that_fails_below_a_heavy_step_speaks_for_itself()
    {
        File.WriteAllText(folder["paid.csv"], "shop,paid\nnorth,1\nsouth,much\n");
        var wrong = await Assert.ThrowsAsync<BadDataException>(() => Csv.Read<Amount>(folder["paid.csv"]).OrderBy(a => a.Paid).ToListAsync(Cancel));
        Assert.Contains("paid.csv, line 3", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_parquet_file_is_read_by_DuckDB_itself_whether_or_not_rows_may_be_refused()
    {
        await Frame.From([new Amount("north", 1), new Amount("north", 2)]).WriteAsync(Parquet.File(folder["paid.parquet"]), Cancel);
        var run = new RunContext { Rejects = new RejectLog() };
        var table = await Parquet.Read(folder["paid.parquet"]).GroupBy("shop").Aggregate(Sum("paid").As("paid")).CollectAsync(run, Cancel);
        Assert.Equal(1, table.Count);
        Assert.DoesNotContain(run.Stages.All, s => s.Name == "read parquet");
    }

    /// <summary>Numbers; tells when it has given the last of them.</summary>
    sealed class LastRow(int count, Action given) : ISource
    {
        public string Kind => "numbers";
        public Schema Schema { get; } = new(new Field("n", DataType.Int64, false));
        public JsonObject? Describe() => null;

        public async IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
        {
            await Task.Yield();
            var builder = new BatchBuilder(Schema);
            for (var i = 0L; i < count; i++) builder.Add(i);
            yield return builder.Build();
            given();
        }
    }
}
