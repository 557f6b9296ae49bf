using System.Text.Json.Nodes;
using Millrace.Plans;
using Millrace.Testing.Servers;
using Npgsql;
using static Millrace.Data.Columns;

namespace Millrace.Data.Tests.Engines;

/// <summary>Heavy steps in little memory say the same, and a run that ends in the middle leaves nothing behind, whichever engine it is in.</summary>
public sealed class StoppedRunTests : IDisposable
{
    const int Rows = 300_000;

    readonly TempFolder folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    static Frame Items => Frame.From(new Numbers(Rows)).With("key", (Col("n") * 7_919L) % 50_021L).With("text", Col("n").Cast(DataType.Text).Concat(" ", Col("n").Cast(DataType.Text).Md5()));

    static Frame Heavy(string step) => step switch
    {
        "sort" => Items.OrderBy("key", "n"),
        "join" => Items.Join(Items.Rename("n", "m").Select("m", "key", ("other", Col("text"))), "key"),
        "group" => Items.GroupBy("text").Aggregate(Count().As("times"), Max("n").As("most"), Min("key").As("least")),
        _ => Items.With("before", Lag("text").Over(["key"], ["n"])).With("running", Sum("n").Over(["key"], ["n"])),
    };

    [Theory]
    [InlineData("sort", 64)]
    [InlineData("join", 128)]
    [InlineData("group", 96)]
    [InlineData("window", 128)]
    public async Task Little_memory_changes_no_answer_and_its_spill_folder_goes(string step, int megabytes)
    {
        var plenty = await SumAsync(Heavy(step).Plan, new RunContext(), ordered: step == "sort");
        var little = await SumAsync(Heavy(step).Plan, new RunContext { MemoryLimit = (long)megabytes << 20, SpillFolder = folder.FullPath, Threads = 2 }, ordered: step == "sort");
        Assert.Equal(plenty, little);
        Assert.True(plenty.Rows >= Rows);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullPath));
    }

    [Theory]
    [InlineData("sort", true)]
    [InlineData("sort", false)]
    [InlineData("join", true)]
    [InlineData("window", true)]
    public async Task A_heavy_step_that_is_left_in_the_middle_of_its_result_takes_its_spill_folder_along(string step, bool cancelled)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var read = 0;
        var reading = ReadFirstAsync(Heavy(step).Plan, new RunContext { MemoryLimit = 128 << 20, SpillFolder = folder.FullPath, Threads = 2 }, () =>
        {
            read++;
            if (cancelled) stop.Cancel();
        }, stop.Token);
        if (cancelled) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        else await reading;
        Assert.True(read > 0);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullPath));
    }

    [Fact]
    public async Task A_streaming_run_that_is_cancelled_closes_its_source_and_its_rejects_go()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var source = new Numbers(long.MaxValue);
        var plan = new Check(new Scan(source), "is even", Functions.Equals.Of(Functions.Modulo.Of(new ColumnExpr("n"), LiteralExpr.Of(2L)), LiteralExpr.Of(0L)));
        using (var rejects = new RejectLog { Folder = folder.FullPath })
        {
            var reading = ReadFirstAsync(plan, new RunContext { Rejects = rejects, Engine = PlanEngine.Streaming }, () =>
            {
                if (rejects.Count <= RejectLog.InMemory) return;
                Assert.NotEmpty(Directory.EnumerateFiles(folder.FullPath));
                stop.Cancel();
            }, stop.Token, whole: true);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        }
        Assert.Equal(0, source.Open);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullPath));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_plan_in_PostgreSQL_that_is_left_in_the_middle_leaves_no_query_and_no_transaction(bool cancelled)
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancel);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using (var command = source.CreateCommand("create table numbers as select n, repeat('x', 100) as filler from generate_series(1, 500000) n")) await command.ExecuteNonQueryAsync(Cancel);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var plan = Frame.From(Postgres.Connect(database.ConnectionString).Table("numbers")).Where(Col("n") > 10).Plan;
        Assert.NotNull(PostgresEngine.SqlFor(plan));
        var reading = ReadFirstAsync(plan, new RunContext(), () =>
        {
            if (cancelled) stop.Cancel();
        }, stop.Token);
        if (cancelled) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        else await reading;
        await using var left = source.CreateCommand("select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'");
        Assert.Equal(0L, await left.ExecuteScalarAsync(Cancel));
    }

    static async Task ReadFirstAsync(Relation plan, RunContext context, Action read, CancellationToken cancel, bool whole = false)
    {
        await foreach (var batch in FrameRunner.RunAsync(plan, context, cancel))
        {
            batch.Dispose();
            read();
            // Left without a word by who has seen enough; who cancelled goes on to be told so.
            if (!whole && !cancel.IsCancellationRequested) return;
        }
    }

    // A sum of the rows that minds their order only where it is part of the answer.
    static async Task<(long Rows, ulong Sum)> SumAsync(Relation plan, RunContext context, bool ordered)
    {
        var (rows, sum) = (0L, 0UL);
        await foreach (var batch in FrameRunner.RunAsync(plan, context, Cancel))
        {
            using (batch)
            {
                for (var i = 0; i < batch.Count; i++)
                {
                    var row = 14_695_981_039_346_656_037UL;
                    foreach (var value in batch.Row(i))
                        foreach (var c in Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) + "|") row = unchecked((row ^ c) * 1_099_511_628_211);
                    sum = unchecked(ordered ? sum * 31 + row : sum + row);
                    rows++;
                }
            }
        }
        return (rows, sum);
    }

    /// <summary>Numbers from 0, and how many readers are in the midst of them.</summary>
    sealed class Numbers(long count) : ISource
    {
        int open;

        internal int Open => Volatile.Read(ref open);

        public string Kind => "numbers";
        public Schema Schema { get; } = new(new Field("n", DataType.Int64, false));
        public JsonObject? Describe() => null;

        public async IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
        {
            await Task.Yield();
            Interlocked.Increment(ref open);
            try
            {
                for (var at = 0L; at < count; at += request.BatchRows)
                {
                    cancel.ThrowIfCancellationRequested();
                    var batch = new BatchBuilder(request.SchemaOf(Schema));
                    for (var i = at; i < Math.Min(count, at + request.BatchRows); i++) batch.Add(request.Provenance ? [i, "numbers", i + 1] : request.Columns is { Count: 0 } ? [] : [i]);
                    yield return batch.Build();
                }
            }
            finally
            {
                Interlocked.Decrement(ref open);
            }
        }
    }
}
