using System.Diagnostics;
using System.Globalization;
using System.Text;
using Millrace.Execution;

namespace Millrace.EndToEnd.Tests;

/// <summary>The built command as a process of its own, with what it printed.</summary>
sealed class MillraceProcess : IAsyncDisposable
{
    readonly Process process;
    readonly StringBuilder output = new();

    MillraceProcess(Process process) => this.process = process;

    internal int Id => process.Id;
    internal bool HasExited => process.HasExited;

    internal string Output
    {
        get
        {
            lock (output) return output.ToString();
        }
    }

    internal static MillraceProcess Start(params string[] arguments)
    {
        var start = ToolCommand.Find().Start(arguments);
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        var started = new MillraceProcess(new Process { StartInfo = start });
        started.process.OutputDataReceived += (_, line) => started.Keep(line.Data);
        started.process.ErrorDataReceived += (_, line) => started.Keep(line.Data);
        started.process.Start();
        started.process.BeginOutputReadLine();
        started.process.BeginErrorReadLine();
        return started;
    }

    /// <summary>Runs a command to its end.</summary>
    internal static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        await using var run = Start(arguments);
        await run.process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (run.process.ExitCode, run.Output);
    }

    /// <summary>As the kernel would: no signal handler, no goodbye. Its children are left to notice by themselves.</summary>
    internal void Kill()
    {
        if (!process.HasExited) process.Kill();
    }

    internal Task WaitForExitAsync(CancellationToken cancellation) => process.WaitForExitAsync(cancellation);

    internal static IReadOnlyList<int> ChildrenOf(int parent)
    {
        var children = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id)) continue;
            try
            {
                if (File.ReadLines($"/proc/{id}/status").Any(line => line == $"PPid:\t{parent}")) children.Add(id);
            }
            catch (IOException)
            {
                // It ended while it was looked at.
            }
        }
        return children;
    }

    void Keep(string? line)
    {
        if (line is null) return;
        lock (output) output.AppendLine(line);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
        process.Dispose();
    }
}
