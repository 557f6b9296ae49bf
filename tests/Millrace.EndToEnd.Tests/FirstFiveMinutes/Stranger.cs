using Millrace.Testing.Servers;

namespace Millrace.EndToEnd.Tests.FirstFiveMinutes;

/// <summary>Somebody at a terminal, with an empty home folder and the built command.</summary>
sealed class Stranger : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    readonly TempFolder home = new();
    readonly CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    readonly List<MillraceProcess> started = [];

    internal Stranger() => patience.CancelAfter(Patience);

    internal CancellationToken Cancellation => patience.Token;

    internal string Home => home.FullPath;

    internal string DagFile(string dag) => home["dags", dag + ".cs"];

    internal void Write(string dag, string source)
    {
        Directory.CreateDirectory(home["dags"]);
        File.WriteAllText(DagFile(dag), source);
    }

    internal Task<Answer> TypeAsync(params string[] arguments) => MillraceProcess.RunAsync([.. arguments, "--home", Home]);

    /// <summary>A command that succeeds, and what it says with <c>--json</c>.</summary>
    internal async Task<System.Text.Json.JsonElement> AskAsync(params string[] arguments)
    {
        var answer = await TypeAsync([.. arguments, "--json"]);
        Assert.True(answer.ExitCode == 0, $"'{string.Join(' ', arguments)}' ended with {answer.ExitCode}: {answer.Complaint}{answer.Printed}");
        return answer.Json;
    }

    /// <summary>A command that succeeds, and what it says to people.</summary>
    internal async Task<string> ReadAsync(params string[] arguments)
    {
        var answer = await TypeAsync(arguments);
        Assert.True(answer.ExitCode == 0, $"'{string.Join(' ', arguments)}' ended with {answer.ExitCode}: {answer.Complaint}{answer.Printed}");
        return answer.Printed;
    }

    /// <summary>A command that is refused, and what it says.</summary>
    internal async Task<string> MistypeAsync(params string[] arguments)
    {
        var answer = await TypeAsync(arguments);
        Assert.True(answer.ExitCode == 2, $"'{string.Join(' ', arguments)}' ended with {answer.ExitCode}: {answer.Complaint}{answer.Printed}");
        Assert.Empty(answer.Printed);
        return answer.Complaint;
    }

    /// <summary>A second terminal in which <c>up</c>, or another such command, goes on and on.</summary>
    /// <param name="brokerPort">None by itself: others on this machine may have theirs.</param>
    internal async Task<MillraceProcess> StartAsync(string command = "up", string brokerPort = "none")
    {
        var process = MillraceProcess.StartInForeground(command, "--json", "--home", Home, "--broker-port", brokerPort);
        started.Add(process);
        await process.SaysAsync("\"event\":\"ready\"", Cancellation);
        return process;
    }

    /// <summary>For what another process does to files.</summary>
    internal async Task UntilAsync(Func<bool> holds)
    {
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!holds()) await look.WaitForNextTickAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in started)
        {
            if (TestContext.Current.TestState?.Result == TestResult.Failed) TestContext.Current.TestOutputHelper?.WriteLine(process.Output);
            await process.DisposeAsync();
        }
        patience.Dispose();
        home.Dispose();
    }
}
