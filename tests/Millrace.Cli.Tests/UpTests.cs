using System.Diagnostics;
using System.Text.Json;

namespace Millrace.Cli.Tests;

/// <summary>The real command as a process of its own, as a user starts and stops it.</summary>
public sealed class UpTests : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly CommandLineDriver _millrace = new();
    readonly List<string> _events = [];
    Process? _up;

    public void Dispose()
    {
        if (_up is { HasExited: false }) _up.Kill(entireProcessTree: true);
        _up?.Dispose();
        _millrace.Dispose();
    }

    [Fact]
    public async Task Up_reads_the_DAG_folder_runs_what_is_triggered_takes_a_new_version_and_stops_in_good_order()
    {
        await _millrace.OkAsync("new", "dag", "orders");
        var file = Path.Combine(_millrace.Home, "dags", "orders.cs");
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file, Token)).Replace("\"@daily\"", "Millrace.Scheduling.Schedule.Manual", StringComparison.Ordinal), Token);

        Start();
        await UntilAsync(e => Is(e, "event", "dag") && Is(e, "dag", "orders"));
        var second = await _millrace.RunAsync("scheduler");
        Assert.Equal(ExitCode.Unavailable, second.Code);
        Assert.Contains("runs on", second.Error, StringComparison.Ordinal);

        await _millrace.OkAsync("dags", "trigger", "orders", "--wait");
        Assert.Contains("The sum for", await _millrace.OkAsync("tasks", "logs", "orders", "latest", "report"), StringComparison.Ordinal);

        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file, Token)).Replace("{ 3, 1, 2 }", "{ 3, 1, 2, 4 }", StringComparison.Ordinal), Token);
        await UntilAsync(e => Is(e, "event", "dag") && e.TryGetProperty("version", out var version) && version.GetInt32() == 2);
        await File.AppendAllTextAsync(file, "oops", Token);
        await UntilAsync(e => Is(e, "event", "dag_error"));
        Assert.Equal(ExitCode.Failed, (await _millrace.RunAsync("dags", "errors")).Code);
        await _millrace.OkAsync("dags", "trigger", "orders", "--wait");
        Assert.Contains("is 10.", await _millrace.OkAsync("tasks", "logs", "orders", "latest", "report"), StringComparison.Ordinal);

        using var interrupt = Process.Start("kill", ["-INT", $"{_up!.Id}"]);
        await _up.WaitForExitAsync(Token).WaitAsync(Patience, Token);
        Assert.Equal(0, _up.ExitCode);
        Assert.True(_events.Exists(line => Is(JsonDocument.Parse(line).RootElement, "event", "stopped")), string.Join('\n', _events));
        Assert.Contains("success", await _millrace.OkAsync("runs", "list", "orders"), StringComparison.Ordinal);
    }

    static CancellationToken Token => TestContext.Current.CancellationToken;

    static bool Is(JsonElement e, string name, string value) => e.TryGetProperty(name, out var found) && found.GetString() == value;

    void Start()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "millrace.dll"), "up", "--json", "--home", _millrace.Home, "--broker-port", "none"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _up = Process.Start(start)!;
        _up.OutputDataReceived += (_, line) => Keep(line.Data);
        _up.ErrorDataReceived += (_, line) => Keep(line.Data is null ? null : JsonSerializer.Serialize(new { @event = "stderr", message = line.Data }));
        _up.BeginOutputReadLine();
        _up.BeginErrorReadLine();
    }

    void Keep(string? line)
    {
        if (line is null) return;
        lock (_events) _events.Add(line);
    }

    async Task UntilAsync(Func<JsonElement, bool> wanted)
    {
        for (var deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds; ;)
        {
            lock (_events)
                if (_events.Exists(line => wanted(JsonDocument.Parse(line).RootElement))) return;
            Assert.True(Environment.TickCount64 < deadline && !_up!.HasExited, "It did not happen:\n" + string.Join('\n', _events));
            await Task.Delay(20, Token);
        }
    }
}
