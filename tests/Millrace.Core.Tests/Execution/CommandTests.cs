using System.Diagnostics;
using System.Text.Json;
using Millrace.Dags;
using Millrace.Execution;

namespace Millrace.Core.Tests.Execution;

public sealed class CommandTests : IDisposable
{
    readonly RunnerBench bench = new();

    public void Dispose() => bench.Dispose();

    static Dag Shell(string command, ShellOptions? options = null) => Dag.Build("shells", d => d.Shell("t", command, options));

    [Fact]
    public async Task The_last_line_is_the_result_and_all_lines_and_the_command_are_in_the_log()
    {
        var dag = Shell("echo one; echo two >&2; echo three; echo");

        var report = await bench.RunAsync(dag, "t");

        Assert.Equal((Outcome.Succeeded, 0), (report.Outcome, report.ExitCode));
        Assert.Equal("three", RunnerBench.Text(report));
        var log = bench.Log(dag, "t");
        Assert.Contains("INFO Command: echo one; echo two >&2; echo three; echo\n", log, StringComparison.Ordinal);
        Assert.Contains(" INFO one\n", log, StringComparison.Ordinal);
        Assert.Contains(" INFO [stderr] two\n", log, StringComparison.Ordinal);
        Assert.Contains(" INFO The command exited with code 0.\n", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exit_code_other_than_0_fails_and_the_skip_code_skips()
    {
        var failed = await bench.RunAsync(Shell("exit 3"), "t");
        Assert.Equal((Outcome.Failed, 3, "The command exited with code 3."), (failed.Outcome, failed.ExitCode, failed.Error));
        Assert.Equal(Outcome.Skipped, (await bench.RunAsync(Shell("exit 99"), "t")).Outcome);
        Assert.Equal(Outcome.Failed, (await bench.RunAsync(Shell("exit 99", new() { SkipExitCode = null }), "t")).Outcome);
        Assert.Contains("killed by signal 9", (await bench.RunAsync(Shell("kill -9 $$"), "t")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_finds_its_run_in_the_environment()
    {
        var dag = Dag.Build("env", d =>
        {
            d.Shell("t", "echo $MILLRACE_DAG $MILLRACE_TASK $MILLRACE_RUN_ID $MILLRACE_ATTEMPT $MILLRACE_LOGICAL_TIME $MILLRACE_INTERVAL_START $MILLRACE_PARAM_FROM_DAY $OWN",
                new() { Environment = new Dictionary<string, string> { ["OWN"] = "mine" } });
        });

        var report = await bench.RunAsync(dag, "t", parameters: """{"from-day":"monday"}""");

        Assert.Equal("env t manual__2026-11-21T00:00:00Z 1 2026-11-21T00:00:00Z 2026-11-20T00:00:00Z monday mine", RunnerBench.Text(report));
    }

    [Fact]
    public async Task What_is_written_to_the_result_file_is_the_result_as_json_or_as_text()
    {
        var json = await bench.RunAsync(Shell("""echo '[1, 2, 3]' > $MILLRACE_RESULT_FILE; echo noise"""), "t");
        Assert.Equal(3, json.Result!.Length);
        Assert.Equal([1, 2, 3], JsonSerializer.Deserialize<int[]>(json.Result.Json!)!);

        var text = await bench.RunAsync(Shell("""printf 'plain\ntext\n' > $MILLRACE_RESULT_FILE"""), "t");
        Assert.Equal("plain\ntext", RunnerBench.Text(text));
    }

    [Fact]
    public async Task A_large_result_file_goes_by_reference_whether_json_or_text()
    {
        var json = await bench.RunAsync(Shell("""(printf '['; seq -s, 1 50000 | tr -d '\n'; printf ']') > $MILLRACE_RESULT_FILE"""), "t");
        Assert.Null(json.Result!.Json);
        Assert.Equal(50_000, json.Result.Length);

        var dag = Dag.Build("texts", d =>
        {
            var text = d.Shell("t", """yes 'a "quoted" line' | head -n 20000 > $MILLRACE_RESULT_FILE""");
            d.Task("lines", text, t => t.Split('\n').Length);
        });
        var plain = await bench.RunAsync(dag, "t");
        Assert.Null(plain.Result!.Json);
        Assert.Equal("20001", RunnerBench.Json(await bench.RunAsync(dag, "lines")));
    }

    [Fact]
    public async Task A_named_result_file_must_be_written()
    {
        var folder = bench.Home.Root;
        var written = await bench.RunAsync(Shell("echo 41 > out.txt", new() { WorkingDirectory = folder, ResultFile = "out.txt" }), "t");
        Assert.Equal("41", System.Text.Encoding.UTF8.GetString(written.Result!.Json!).Trim());

        var missing = await bench.RunAsync(Shell("true", new() { WorkingDirectory = folder, ResultFile = "other.txt" }), "t");
        Assert.Equal(Outcome.Failed, missing.Outcome);
        Assert.Contains("other.txt", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_program_script_or_folder_is_named()
    {
        var dag = Dag.Build("missing", d =>
        {
            d.Process("program", "no-such-program-here");
            d.Script("script", "/no/such/script.sh");
            d.Shell("folder", "true", new() { WorkingDirectory = "/no/such/folder" });
        });

        Assert.Contains("'no-such-program-here' is not on the PATH", (await bench.RunAsync(dag, "program")).Error, StringComparison.Ordinal);
        Assert.Contains("'/no/such/script.sh' does not exist", (await bench.RunAsync(dag, "script")).Error, StringComparison.Ordinal);
        Assert.Contains("'/no/such/folder'", (await bench.RunAsync(dag, "folder")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_powershell_script_without_powershell_says_so()
    {
        Assert.SkipWhen(ProcessTree.FindProgram("pwsh") is not null, "PowerShell is installed here.");
        var path = Path.Combine(bench.Home.Root, "a.ps1");
        await File.WriteAllTextAsync(path, "Write-Output 1", TestContext.Current.CancellationToken);
        var dag = Dag.Build("ps", d => d.Script("t", path));

        Assert.Contains("needs PowerShell", (await bench.RunAsync(dag, "t")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_kills_the_whole_tree_even_a_grandchild_that_ignores_SIGTERM()
    {
        var dag = Shell("bash -c 'trap \"\" TERM; echo $BASHPID > grandchild; while true; do sleep 1; done' & wait", new() { WorkingDirectory = bench.Home.Root });
        using var cancellation = new AttemptCancellation();

        var running = bench.RunAsync(dag, "t", cancellation: cancellation);
        var pid = await ReadPidAsync(Path.Combine(bench.Home.Root, "grandchild"));
        Assert.True(IsAlive(pid));
        cancellation.Cancel(CancelReason.TimedOut);
        var report = await running;

        Assert.Equal(Outcome.TimedOut, report.Outcome);
        Assert.False(IsAlive(pid));
    }

    [Fact]
    public async Task A_command_that_leaves_something_running_with_its_output_open_still_ends()
    {
        var began = Stopwatch.GetTimestamp();
        var report = await bench.RunAsync(Shell("sleep 30 & echo $!"), "t");

        Assert.Equal(Outcome.Succeeded, report.Outcome);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 10);
        Posix.Kill(int.Parse(RunnerBench.Text(report), System.Globalization.CultureInfo.InvariantCulture), Posix.SIGKILL);
    }

    static async Task<int> ReadPidAsync(string path)
    {
        // Outside processes have no event to await: poll with a deadline.
        for (var deadline = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(deadline).TotalSeconds < 10; await Task.Delay(10))
            if (File.Exists(path) && int.TryParse(await File.ReadAllTextAsync(path), out var pid)) return pid;
        throw new TimeoutException($"'{path}' was not written.");
    }

    // A zombie that nobody has waited for is not alive.
    static bool IsAlive(int pid) => File.Exists($"/proc/{pid}/stat") && !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
}
