namespace Millrace.EndToEnd.Tests.FirstFiveMinutes;

public sealed class FirstDagTests
{
    [Fact]
    public async Task A_new_Dag_is_tested_run_waited_for_and_its_log_is_read()
    {
        await using var stranger = new Stranger();
        var made = await stranger.AskAsync("new", "dag", "hello");
        Assert.Equal(stranger.DagFile("hello"), made.GetProperty("created")[0].GetString());

        var tooEarly = await stranger.TypeAsync("dags", "list");
        Assert.Equal(3, tooEarly.ExitCode);
        Assert.Contains("'millrace up' starts one there", tooEarly.Complaint, StringComparison.Ordinal);
        Assert.Contains("The sum for", await stranger.ReadAsync("dags", "test", "hello"), StringComparison.Ordinal);

        var up = await stranger.StartAsync();
        await up.SaysAsync("\"dag\":\"hello\",\"version\":1", stranger.Cancellation);
        Assert.Equal("hello", Assert.Single((await stranger.AskAsync("dags", "list")).EnumerateArray()).GetProperty("name").GetString());
        var triggered = await stranger.AskAsync("dags", "trigger", "hello");
        Assert.Contains(": success after ", await stranger.ReadAsync("runs", "wait", "hello", "latest"), StringComparison.Ordinal);
        Assert.Contains("The sum for", await stranger.ReadAsync("tasks", "logs", "hello", "latest", "report"), StringComparison.Ordinal);

        var shown = await stranger.AskAsync("runs", "show", triggered.GetProperty("id").GetString()!);
        Assert.All(shown.GetProperty("tasks").EnumerateArray(), task => Assert.Equal("success", task.GetProperty("state").GetString()));
        Assert.Equal("manual", Assert.Single((await stranger.AskAsync("runs", "list", "hello")).EnumerateArray()).GetProperty("kind").GetString());
        var log = await stranger.AskAsync("tasks", "logs", "hello", "latest", "hello");
        Assert.Contains(log.GetProperty("lines").EnumerateArray(), line => line.GetString()!.Contains("Hello from the shell", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_name_is_answered_with_the_near_one_and_exit_code_2()
    {
        await using var stranger = new Stranger();
        await stranger.AskAsync("new", "dag", "hello");
        var up = await stranger.StartAsync();
        await up.SaysAsync("\"dag\":\"hello\",\"version\":1", stranger.Cancellation);
        await stranger.ReadAsync("dags", "trigger", "hello", "--wait");

        Assert.Contains("Did you mean 'dags'?", await stranger.MistypeAsync("dag", "list"), StringComparison.Ordinal);
        Assert.Contains("Did you mean 'list'?", await stranger.MistypeAsync("dags", "lsit"), StringComparison.Ordinal);
        Assert.Contains("Did you mean '--tag'?", await stranger.MistypeAsync("dags", "list", "--tga", "x"), StringComparison.Ordinal);
        Assert.Contains("Did you mean 'hello'?", await stranger.MistypeAsync("dags", "trigger", "helo"), StringComparison.Ordinal);
        Assert.Contains("Did you mean 'report'?", await stranger.MistypeAsync("tasks", "logs", "hello", "latest", "repotr"), StringComparison.Ordinal);
    }
}
