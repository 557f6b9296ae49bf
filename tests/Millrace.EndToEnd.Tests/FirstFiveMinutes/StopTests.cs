using System.Text.Json;

namespace Millrace.EndToEnd.Tests.FirstFiveMinutes;

public sealed class StopTests
{
    [Fact]
    public async Task An_interrupt_lets_what_runs_end_and_what_is_queued_goes_on_after_the_next_start()
    {
        await using var stranger = new Stranger();
        var (began, gate) = (Path.Combine(stranger.Home, "began"), Path.Combine(stranger.Home, "gate"));
        stranger.Write("queue", Queue(began, gate));
        var up = await stranger.StartAsync();
        await up.SaysAsync("\"dag\":\"queue\",\"version\":1", stranger.Cancellation);
        await stranger.AskAsync("dags", "trigger", "queue");
        await stranger.UntilAsync(() => File.Exists(began));

        up.Interrupt();
        await up.SaysAsync("\"event\":\"stopping\"", stranger.Cancellation);
        await File.WriteAllTextAsync(gate, "", stranger.Cancellation);
        Assert.Equal(0, (await up.EndsAsync(stranger.Cancellation)).ExitCode);
        Assert.Contains("\"event\":\"stopped\"", up.Output, StringComparison.Ordinal);

        var stopped = await stranger.AskAsync("runs", "show", "queue", "latest");
        Assert.Equal("running", stopped.GetProperty("run").GetProperty("state").GetString());
        Assert.Single(stopped.GetProperty("tasks").EnumerateArray(), task => task.GetProperty("state").GetString() == "success");
        Assert.Equal(2, stopped.GetProperty("tasks").EnumerateArray().Count(task => task.GetProperty("state").GetString() is "scheduled" or "queued"));
        Assert.Single(await File.ReadAllLinesAsync(began, stranger.Cancellation));

        await stranger.StartAsync();
        Assert.Contains(": success", await stranger.ReadAsync("runs", "wait", "queue", "latest"), StringComparison.Ordinal);
        var attempts = (await stranger.AskAsync("runs", "show", "queue", "latest")).GetProperty("attempts").EnumerateArray().ToList();
        Assert.Equal(["a", "b", "c"], attempts.Select(attempt => attempt.GetProperty("task").GetString()).Order());
        Assert.All(attempts, attempt => Assert.Equal("success", attempt.GetProperty("state").GetString()));
        Assert.Equal(["a", "b", "c"], (await File.ReadAllLinesAsync(began, stranger.Cancellation)).Order());
    }

    // Three tasks, one at a time, each held until the gate is open.
    static string Queue(string began, string gate) => $$"""
        public static class Queue
        {
            public static Dag Dag { get; } = Dag.Build("queue", d =>
            {
                d.MaxActiveTasks = 1;
                foreach (var task in (string[])["a", "b", "c"])
                    d.Task(task, async () =>
                    {
                        File.AppendAllText({{JsonSerializer.Serialize(began)}}, task + "\n");
                        while (!File.Exists({{JsonSerializer.Serialize(gate)}})) await Task.Delay(20);
                    });
            });
        }
        """;
}
