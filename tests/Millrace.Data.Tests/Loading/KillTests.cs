using System.Diagnostics;
using System.Security.Cryptography;
using Millrace.Testing.Servers;
using Npgsql;

namespace Millrace.Data.Tests.Loading;

/// <summary>Loads in processes of their own, killed at 20 random points: readers see the old rows or the new, whole, and a rerun converges.</summary>
public sealed class KillTests
{
    const int Points = 20, Rows = 20_000;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_killed_load_of_PostgreSQL_leaves_the_old_rows_or_the_new()
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancel);
        await KillAsync("postgres", database.ConnectionString, () => Frame.From(Postgres.Connect(database.ConnectionString).Table("generations")));
        await using var session = new NpgsqlConnection(database.ConnectionString);
        await session.OpenAsync(Cancel);
        await using var left = new NpgsqlCommand("select count(*) from pg_class where relname like 'millrace_staging%'", session);
        Assert.Equal(0L, await left.ExecuteScalarAsync(Cancel));
    }

    [Fact]
    public async Task A_killed_load_over_ADO_NET_leaves_the_old_rows_or_the_new()
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancel);
        await KillAsync("ado", database.ConnectionString, () => Frame.From(AdoDatabase.Connect(NpgsqlFactory.Instance, database.ConnectionString).Table("generations")));
    }

    [Fact]
    public async Task A_killed_load_of_SQLite_leaves_the_old_rows_or_the_new()
    {
        using var folder = new TempFolder();
        await KillAsync("sqlite", folder["loads.db"], () => Frame.From(Sqlite.Open(folder["loads.db"]).Table("generations")));
    }

    [Fact]
    public async Task A_killed_load_of_a_dataset_leaves_the_old_rows_or_the_new()
    {
        using var folder = new TempFolder();
        await KillAsync("dataset", folder["stats"], () => Frame.From(Dataset.At(folder["stats"])));
        // What the dead left behind went with the next load.
        var dataset = Dataset.At(folder["stats"]);
        await dataset.VerifyAsync(Cancel);
        await Frame.From([new { Id = 1, Generation = 0, Text = "" }]).LoadAsync(dataset, Load.Full, cancel: Cancel);
        Assert.True(Directory.GetDirectories(folder["stats", "data"]).Length <= 4);
    }

    [Theory]
    [InlineData("postgres", Load.Append)]
    [InlineData("postgres", Load.Incremental)]
    [InlineData("streams", Load.Upsert)]
    [InlineData("sqlite", Load.Scd2)]
    [InlineData("dataset", Load.DeleteInsert)]
    [InlineData("duckdb", Load.Upsert)]
    public async Task A_killed_load_that_runs_again_is_loaded_once(string target, Load mode)
    {
        using var folder = new TempFolder();
        await using var database = target is "postgres" or "streams" ? await PostgresDatabase.CreateAsync(Cancel) : null;
        var place = database?.ConnectionString ?? folder["loads"];
        Frame Read() => target switch
        {
            "sqlite" => Frame.From(Sqlite.Open(place).Table("generations")).Where(Columns.Col("is_current")),
            "duckdb" => Frame.From(Millrace.Data.DuckDb.Open(place).Table("generations")),
            "dataset" => Frame.From(Dataset.At(place)),
            _ => Frame.From(Postgres.Connect(place).Table("generations")),
        };
        var random = Seeded(out var seed);
        var since = Stopwatch.GetTimestamp();
        await WholeAsync(target, place, mode, 0);
        var length = Stopwatch.GetElapsedTime(since);
        for (var point = 1; point <= 3; point++)
        {
            using (var loader = await LoaderProcess.StartAsync(target, place, mode, point, Rows, Cancel))
            {
                await Task.Delay(length * (random.NextDouble() * 1.2), Cancel);
                await loader.KillAsync(Cancel);
            }
            var wasLoaded = (await CountsAsync(Read())).ContainsKey(point);
            var said = await WholeAsync(target, place, mode, point);
            // A delete-insert writes its rows again, and there are as many.
            if (wasLoaded && mode != Load.DeleteInsert) Assert.Contains(" 0 written", said, StringComparison.Ordinal);
            var expected = mode == Load.Append ? Enumerable.Range(0, point + 1) : [point];
            Assert.Equal(expected.ToDictionary(g => g, _ => Rows), await CountsAsync(Read()));
            TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}, point {point}: {(wasLoaded ? "killed after" : "killed before")} its commit");
        }
    }

    static async Task<string> WholeAsync(string target, string place, Load mode, int generation)
    {
        using var whole = await LoaderProcess.StartAsync(target, place, mode, generation, Rows, Cancel);
        var said = await whole.EndAsync(Cancel);
        Assert.StartsWith("loaded", said, StringComparison.Ordinal);
        return said;
    }

    static async Task<Dictionary<int, int>> CountsAsync(Frame frame)
    {
        var counts = new Dictionary<int, int>();
        await foreach (var batch in frame.ReadBatchesAsync(Cancel))
            using (batch)
                for (var i = 0; i < batch.Count; i++) counts[Convert.ToInt32(batch["generation"].ValueAt(i), null)] = counts.GetValueOrDefault(Convert.ToInt32(batch["generation"].ValueAt(i), null)) + 1;
        return counts;
    }

    static Random Seeded(out int seed)
    {
        seed = RandomNumberGenerator.GetInt32(int.MaxValue);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        return new Random(seed);
    }

    static async Task KillAsync(string target, string place, Func<Frame> read)
    {
        var random = Seeded(out var seed);
        var now = 0;
        var since = Stopwatch.GetTimestamp();
        await WholeAsync(target, place, Load.Full, now);
        var length = Stopwatch.GetElapsedTime(since);
        var killed = 0;
        for (var point = 1; point <= Points; point++)
        {
            var mode = random.Next(2) == 0 ? Load.Full : Load.Upsert;
            using var loader = await LoaderProcess.StartAsync(target, place, mode, point, Rows, Cancel);
            await Task.Delay(length * (random.NextDouble() * 1.5), Cancel);
            await loader.KillAsync(Cancel);
            var found = await GenerationAsync(read());
            Assert.True(found == now || found == point, $"seed {seed}, point {point}: the rows are of generation {found}, and {now} and {point} were possible");
            if (found == now) killed++;
            now = found;
        }
        // The server may still be at work for a client that is dead: the rerun waits its turn.
        using var rerun = await LoaderProcess.StartAsync(target, place, Load.Upsert, Points + 1, Rows, Cancel);
        Assert.StartsWith("loaded", await rerun.EndAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(Points + 1, await GenerationAsync(read()));
        TestContext.Current.TestOutputHelper?.WriteLine($"{killed} of {Points} loads died before their commit");
    }

    // Half a load would show as two generations or as rows that are missing.
    static async Task<int> GenerationAsync(Frame frame)
    {
        var (rows, generations) = (0, new HashSet<int>());
        await foreach (var batch in frame.ReadBatchesAsync(Cancel))
        {
            rows += batch.Count;
            for (var i = 0; i < batch.Count; i++) generations.Add(Convert.ToInt32(batch["generation"].ValueAt(i), null));
        }
        Assert.Equal(Rows, rows);
        return Assert.Single(generations);
    }

    [Fact]
    public async Task A_database_that_goes_away_in_the_middle_is_named_and_has_the_old_rows_when_it_is_back()
    {
        await using var server = await PostgresServer.StartAsync(Cancel);
        var table = Postgres.Connect(server.ConnectionString).Table("readings", key: ["id"]);
        await Frame.From([new Reading(1, "a", 1)]).LoadAsync(table, Load.Full, cancel: Cancel);
        async IAsyncEnumerable<Reading> Interrupted()
        {
            for (var i = 0; i < 100_000; i++)
            {
                if (i == 50_000) await server.KillAsync(Cancel);
                yield return new Reading(i, "x", i);
            }
        }
        var failed = await Assert.ThrowsAsync<LoadException>(() => Frame.From(Interrupted()).LoadAsync(table, Load.Full, cancel: Cancel));
        Assert.Contains("went away", failed.Message, StringComparison.Ordinal);
        await server.StartAgainAsync(Cancel);
        NpgsqlConnection.ClearAllPools();
        Assert.Equal([new Reading(1, "a", 1)], await Frame.From(table).As<Reading>().ToListAsync(Cancel));
        Assert.Equal(2, (await Frame.From([new Reading(1, "b", 1), new Reading(2, "c", 1)]).LoadAsync(table, Load.Upsert, cancel: Cancel)).Written);
    }
}
