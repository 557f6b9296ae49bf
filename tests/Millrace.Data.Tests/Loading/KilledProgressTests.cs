using System.Diagnostics;
using System.Security.Cryptography;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Loading;

/// <summary>What loads remember, and files that are added, in processes that are killed: rows and bookmark are of one moment, and no file is half there.</summary>
public sealed class KilledProgressTests : IDisposable
{
    const int Points = 8, Rows = 20_000;

    readonly TempFolder folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public Task A_bookmark_by_key_lies_with_the_rows_of_a_dataset_whenever_its_load_is_killed() =>
        KillAsync("by-key", folder["data"], () => IdsAsync(Dataset.At(folder["data"])), _ => Task.CompletedTask);

    [Fact]
    public Task Files_are_remembered_with_the_rows_of_a_dataset_whenever_its_load_is_killed() =>
        KillAsync("by-file", folder.FullPath, () => IdsAsync(Dataset.At(folder["data"])), async point =>
        {
            Directory.CreateDirectory(folder["in"]);
            var first = point * Rows;
            await Frame.From(Enumerable.Range(first, Rows).Select(i => new { Id = i })).WriteAsync(JsonLines.File(folder["in", $"{point:00}.jsonl"]), Cancel);
        });

    [Fact]
    public async Task Files_added_to_a_folder_are_whole_whenever_their_writer_is_killed()
    {
        var random = Seeded();
        var since = Stopwatch.GetTimestamp();
        await WholeAsync("folder", folder["set"], 0);
        var length = Stopwatch.GetElapsedTime(since);
        for (var point = 1; point <= Points; point++)
        {
            using var writer = await LoaderProcess.StartAsync("folder", folder["set"], Load.Append, point, Rows, Cancel);
            await Task.Delay(length * random.NextDouble(), Cancel);
            await writer.KillAsync(Cancel);
            foreach (var file in Directory.GetFiles(folder["set"])) Assert.Equal(Rows, (await File.ReadAllLinesAsync(file, Cancel)).Length);
        }
        await WholeAsync("folder", folder["set"], Points + 1);
        var generations = (await JsonLines.Read(folder["set"]).As<Written>().ToListAsync(Cancel)).CountBy(r => r.Generation).ToDictionary();
        Assert.All(generations.Values, count => Assert.Equal(Rows, count));
        Assert.True(generations.ContainsKey(0) && generations.ContainsKey(Points + 1));
    }

    // Each point has the rows of all before it, and as many more.
    static async Task KillAsync(string target, string place, Func<Task<List<int>>> read, Func<int, Task> prepare)
    {
        var random = Seeded();
        await prepare(0);
        var since = Stopwatch.GetTimestamp();
        await WholeAsync(target, place, 0);
        var length = Stopwatch.GetElapsedTime(since);
        var before = Rows;
        for (var point = 1; point <= Points; point++)
        {
            await prepare(point);
            using var loader = await LoaderProcess.StartAsync(target, place, Load.Append, point, Rows, Cancel);
            await Task.Delay(length * (random.NextDouble() * 1.5), Cancel);
            await loader.KillAsync(Cancel);
            var ids = await read();
            Assert.Equal(Enumerable.Range(0, ids.Count), ids);
            Assert.True(ids.Count == before || ids.Count == (point + 1) * Rows, $"{ids.Count} rows at point {point}, and {before} before it");
            before = ids.Count;
        }
        await WholeAsync(target, place, Points);
        Assert.Equal(Enumerable.Range(0, (Points + 1) * Rows), await read());
    }

    static async Task WholeAsync(string target, string place, int generation)
    {
        using var whole = await LoaderProcess.StartAsync(target, place, Load.Append, generation, Rows, Cancel);
        Assert.StartsWith("loaded", await whole.EndAsync(Cancel), StringComparison.Ordinal);
    }

    static Random Seeded()
    {
        var seed = RandomNumberGenerator.GetInt32(int.MaxValue);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        return new Random(seed);
    }

    static async Task<List<int>> IdsAsync(Dataset dataset) => [.. (await Frame.From(dataset).As<Numbered>().ToListAsync(Cancel)).Select(r => r.Id).Order()];

    sealed record Numbered(int Id);

    sealed record Written(int Generation);
}
