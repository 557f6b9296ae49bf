using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Millrace.EndToEnd.Tests.FirstFiveMinutes;

public sealed class FrameTests
{
    // The two that take the frame wait for each other: they are two processes, so at least one isn't that which made it.
    const string Meeting = """
        static class Meeting
        {
            public sealed record City(string Name, int People);

            public static Dag Dag => Dag.Build("meeting", d =>
            {
                var folder = d.Param("folder", "");
                var cities = d.Task("cities", c => Csv.Read<City>(Path.Combine(c.Get(folder), "cities.csv")).Where(city => city.People > 1000));
                d.Task("left", cities, (c, frame) => CountAsync(c, frame, c.Get(folder), "left", "right"));
                d.Task("right", cities, (c, frame) => CountAsync(c, frame, c.Get(folder), "right", "left"));

                var large = d.Task("keep", cities, async (c, frame) =>
                {
                    var dataset = Dataset.At(Path.Combine(c.Get(folder), "large"));
                    await frame.LoadAsync(dataset, Load.Full, cancel: c.Cancellation);
                    return dataset;
                });
                d.Task("list", large, async (c, dataset) => c.Logger.LogInformation("{Cities}", string.Join(" and ", await Frame.From(dataset).As<City>().OrderBy(city => city.Name).Select(city => city.Name).ToListAsync(c.Cancellation))));
            });

            static async Task CountAsync(TaskContext context, Frame<City> frame, string folder, string me, string other)
            {
                File.WriteAllText(Path.Combine(folder, me), $"{Environment.ProcessId}");
                while (!File.Exists(Path.Combine(folder, other))) await Task.Delay(20, context.Cancellation);
                context.Logger.LogInformation("There are {Count} large cities", await frame.CountAsync(context.Cancellation));
            }
        }
        """;

    static string Sample { get; } = Path.Combine(Here(), "..", "..", "..", "samples", "08-toll-data");

    static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    [Fact]
    public async Task Frames_and_datasets_travel_from_one_process_to_another_by_reference()
    {
        await using var stranger = new Stranger();
        stranger.Write("meeting", Meeting);
        await File.WriteAllTextAsync(Path.Combine(stranger.Home, "cities.csv"), "name,people\nOslo,700000\nFinse,20\nRome,2800000\n", stranger.Cancellation);
        var up = await stranger.StartAsync();
        await up.SaysAsync("\"dag\":\"meeting\",\"version\":1", stranger.Cancellation);

        await stranger.AskAsync("dags", "trigger", "meeting", "--params", JsonSerializer.Serialize(new { folder = stranger.Home }));
        Assert.Contains(": success after ", await stranger.ReadAsync("runs", "wait", "meeting", "latest"), StringComparison.Ordinal);

        Assert.NotEqual(await File.ReadAllTextAsync(Path.Combine(stranger.Home, "left"), stranger.Cancellation), await File.ReadAllTextAsync(Path.Combine(stranger.Home, "right"), stranger.Cancellation));
        foreach (var task in new[] { "left", "right" })
            Assert.Contains("There are 2 large cities", await stranger.ReadAsync("tasks", "logs", "meeting", "latest", task), StringComparison.Ordinal);
        Assert.Contains("Oslo and Rome", await stranger.ReadAsync("tasks", "logs", "meeting", "latest", "list"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_toll_data_sample_runs_from_the_DAG_folder()
    {
        await using var stranger = new Stranger();
        var folder = Directory.CreateDirectory(Path.Combine(stranger.Home, "dags", "toll")).FullName;
        foreach (var file in Directory.EnumerateFiles(Sample)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        var output = Path.Combine(stranger.Home, "out", "tolls.csv");
        var up = await stranger.StartAsync();
        await up.SaysAsync("\"dag\":\"ETL_toll_data\",\"version\":1", stranger.Cancellation);

        await stranger.AskAsync("dags", "trigger", "ETL_toll_data", "--params", JsonSerializer.Serialize(new { output }));
        Assert.Contains(": success after ", await stranger.ReadAsync("runs", "wait", "ETL_toll_data", "latest"), StringComparison.Ordinal);

        var lines = await File.ReadAllLinesAsync(output, stranger.Cancellation);
        Assert.Equal((200, "1,Thu Aug 19 21:54:49 2021,401924,CAR,2,8796,PC7CE807C,PTC,VC99D"), (lines.Length, lines[0]));
    }
}
