using System.Text.Json;

namespace Millrace.EndToEnd.Tests.FirstFiveMinutes;

public sealed class EditTests
{
    [Fact]
    public async Task A_saved_edit_is_in_force_for_new_runs_while_the_old_run_keeps_its_version()
    {
        await using var stranger = new Stranger();
        stranger.Write("story", Story(stranger, "first"));
        var up = await stranger.StartAsync();
        await up.SaysAsync("\"dag\":\"story\",\"version\":1", stranger.Cancellation);
        var old = (await stranger.AskAsync("dags", "trigger", "story")).GetProperty("id").GetString()!;
        await stranger.UntilAsync(() => File.Exists(Began(stranger)));

        stranger.Write("story", Story(stranger, "second"));
        await up.SaysAsync("\"dag\":\"story\",\"version\":2", stranger.Cancellation);
        await File.WriteAllTextAsync(Gate(stranger), "", stranger.Cancellation);
        await stranger.ReadAsync("runs", "wait", old);
        Assert.Contains("the first version", await stranger.ReadAsync("tasks", "logs", old, "tell"), StringComparison.Ordinal);
        var young = (await stranger.AskAsync("dags", "trigger", "story", "--wait")).GetProperty("id").GetString()!;
        Assert.Contains("the second version", await stranger.ReadAsync("tasks", "logs", young, "tell"), StringComparison.Ordinal);

        var versions = (await stranger.AskAsync("dags", "versions", "story")).EnumerateArray().ToList();
        Assert.Equal([2, 1], versions.Select(version => version.GetProperty("number").GetInt32()));
        Assert.Equal([true, false], versions.Select(version => version.GetProperty("inForce").GetBoolean()));
        Assert.Equal(versions[1].GetProperty("hash").GetString(), await VersionOfAsync(stranger, old));
        Assert.Equal(versions[0].GetProperty("hash").GetString(), await VersionOfAsync(stranger, young));
    }

    [Fact]
    public async Task A_broken_edit_is_reported_with_its_line_and_the_last_good_version_stays_in_force()
    {
        await using var stranger = new Stranger();
        await File.WriteAllTextAsync(Gate(stranger), "", stranger.Cancellation);
        stranger.Write("story", Story(stranger, "first"));
        var up = await stranger.StartAsync();
        await up.SaysAsync("\"dag\":\"story\",\"version\":1", stranger.Cancellation);

        var broken = Story(stranger, "broken").Replace("_ = wait >> tell;", "_ = wait >> tall;", StringComparison.Ordinal);
        var line = broken[..broken.IndexOf("tall;", StringComparison.Ordinal)].Count(c => c == '\n') + 1;
        stranger.Write("story", broken);
        await up.SaysAsync("\"event\":\"dag_error\"", stranger.Cancellation);
        var errors = await stranger.TypeAsync("dags", "errors", "--json");
        Assert.Equal(1, errors.ExitCode);
        var error = Assert.Single(errors.Json.EnumerateArray());
        Assert.Equal("story.cs", error.GetProperty("source").GetString());
        Assert.Equal(line, error.GetProperty("line").GetInt32());
        Assert.Contains("tall", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.StartsWith($"story.cs({line},", (await stranger.TypeAsync("dags", "errors")).Printed, StringComparison.Ordinal);

        var run = (await stranger.AskAsync("dags", "trigger", "story", "--wait")).GetProperty("id").GetString()!;
        Assert.Contains("the first version", await stranger.ReadAsync("tasks", "logs", run, "tell"), StringComparison.Ordinal);

        stranger.Write("story", Story(stranger, "mended"));
        await up.SaysAsync("\"dag\":\"story\",\"version\":2", stranger.Cancellation);
        Assert.Empty((await stranger.AskAsync("dags", "errors")).EnumerateArray());
    }

    static string Gate(Stranger stranger) => Path.Combine(stranger.Home, "gate");
    static string Began(Stranger stranger) => Path.Combine(stranger.Home, "began");

    static async Task<string?> VersionOfAsync(Stranger stranger, string run) =>
        (await stranger.AskAsync("runs", "show", run)).GetProperty("run").GetProperty("version").GetString();

    static string Story(Stranger stranger, string version) => $$"""
        public static class Story
        {
            public static Dag Dag { get; } = Dag.Build("story", d =>
            {
                var wait = d.Task("wait", async context =>
                {
                    File.WriteAllText({{JsonSerializer.Serialize(Began(stranger))}}, "");
                    while (!File.Exists({{JsonSerializer.Serialize(Gate(stranger))}})) await Task.Delay(20, context.Cancellation);
                });
                var tell = d.Task("tell", () => Console.WriteLine("This is the {{version}} version."));
                _ = wait >> tell;
            });
        }
        """;
}
