using System.Runtime.CompilerServices;
using Millrace.Data.Engines.DuckDb;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.DuckDb;

public sealed class ResourceTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void A_scan_allocates_nothing_for_its_rows()
    {
        using var database = DuckDbDatabase.InMemory();
        using var connection = database.Connect();
        long Sum(long rows)
        {
            using var result = connection.Stream($"SELECT i, 'text ' || (i % 100), i::double FROM range({rows}) t(i)", Cancel);
            var sum = 0L;
            while (result.Read(out var chunk))
            {
                foreach (var value in chunk[0].Values<long>()) sum += value;
                foreach (ref readonly var text in chunk[1].Texts) sum += text.Bytes.Length;
                if (chunk[2].Validity.IsEmpty) sum += chunk.RowCount;
            }
            return sum;
        }

        Sum(10_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Sum(5_000_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000);
    }

    [Fact]
    public void A_sort_that_memory_does_not_hold_goes_to_the_temp_folder()
    {
        using var folder = new TempFolder();
        var spill = folder["spill"];
        using var database = DuckDbDatabase.InMemory(new() { MemoryLimit = 60 << 20, TempFolder = spill, Threads = 2 });
        using var connection = database.Connect();
        using var result = connection.Stream("SELECT i, md5(i::varchar) AS h FROM range(3000000) t(i) ORDER BY h", Cancel);
        var rows = 0;
        var spilled = false;
        var last = "";
        while (result.Read(out var chunk))
        {
            spilled = spilled || Directory.EnumerateFiles(spill).Any();
            rows += chunk.RowCount;
            var first = chunk[1].Texts[0].ToString();
            Assert.True(string.CompareOrdinal(last, first) < 0);
            last = first;
        }
        Assert.Equal(3_000_000, rows);
        Assert.True(spilled);
    }

    [Fact]
    public void Memory_that_may_not_spill_runs_out_with_an_error_that_says_so()
    {
        using var database = DuckDbDatabase.InMemory(new() { MemoryLimit = 20 << 20, TempFolder = "", Threads = 1 });
        using var connection = database.Connect();
        var failure = Assert.Throws<DuckDbException>(() => connection.Execute("CREATE TABLE t AS SELECT i, md5(i::varchar) AS h FROM range(3000000) t(i)", Cancel));
        Assert.Equal(DuckDbErrorType.OutOfMemory, failure.Type);
    }

    [Fact]
    public void What_DuckDB_held_for_us_is_released_with_the_database()
    {
        var held = UseAndDispose();
        for (var i = 0; i < 10 && held.Any(h => h.IsAlive); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.DoesNotContain(held, h => h.IsAlive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static List<WeakReference> UseAndDispose()
    {
        using var database = DuckDbDatabase.InMemory();
        using var connection = database.Connect();
        var captured = new object();
        connection.AddFunction("next", (long value) => captured.GetHashCode() != value ? value + 1 : value);
        var schema = new Schema(new Field("i", DataType.Int64));
        var source = new BatchTableSource(schema) { Open = (_, _) => captured is null ? throw new InvalidOperationException() : Three(schema) };
        using var table = connection.AddTable("three", source);
        using var result = connection.Query("SELECT sum(next(i)) FROM three", Cancel);
        while (result.Read(out _)) { }
        return [new(captured), new(source)];
    }

    static async IAsyncEnumerable<Batch> Three(Schema schema)
    {
        await Task.Yield();
        yield return new BatchBuilder(schema).Add(1L).Add(2L).Add(3L).Build();
    }

    [Fact]
    public void Settings_are_taken_and_unknown_ones_named()
    {
        using var database = DuckDbDatabase.InMemory(new() { Threads = 1, Settings = new Dictionary<string, string> { ["preserve_insertion_order"] = "false" } });
        using var connection = database.Connect();
        using var reader = new BatchReader(connection.Query(
            "SELECT current_setting('threads')::int, current_setting('preserve_insertion_order')::boolean, current_setting('TimeZone')", Cancel));
        using var batch = reader.Read()!;
        Assert.Equal([1, false, "UTC"], batch.Row(0));
        var failure = Assert.Throws<DuckDbException>(() => DuckDbDatabase.InMemory(new() { Settings = new Dictionary<string, string> { ["no_such_thing"] = "1" } }));
        Assert.Contains("no_such_thing", failure.Message);
    }
}
