using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Millrace.Execution;

namespace Millrace.EndToEnd.Tests;

/// <summary>The built command as a process of its own, with what it printed.</summary>
sealed class MillraceProcess : IAsyncDisposable
{
    readonly Process process;
    readonly StringBuilder output = new(), printed = new(), complaints = new();
    TaskCompletionSource more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    MillraceProcess(Process process) => this.process = process;

    internal int Id => process.Id;
    internal bool HasExited => process.HasExited;

    /// <summary>All it printed, standard error included.</summary>
    internal string Output => Read(output);

    internal static MillraceProcess Start(params string[] arguments) => Start(ToolCommand.Find().Start(arguments));

    /// <summary>One that a Ctrl-C reaches even where whoever started the tests had set it to be ignored.</summary>
    internal static MillraceProcess StartInForeground(params string[] arguments)
    {
        var tool = ToolCommand.Find();
        return Start(new ToolCommand("env", ["--default-signal=INT", tool.FileName, .. tool.Arguments]).Start(arguments));
    }

    static MillraceProcess Start(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        var started = new MillraceProcess(new Process { StartInfo = start });
        started.process.OutputDataReceived += (_, line) => started.Keep(line.Data, started.printed);
        started.process.ErrorDataReceived += (_, line) => started.Keep(line.Data, started.complaints);
        started.process.Start();
        started.process.BeginOutputReadLine();
        started.process.BeginErrorReadLine();
        return started;
    }

    /// <summary>Runs a command to its end.</summary>
    internal static async Task<Answer> RunAsync(params string[] arguments)
    {
        await using var run = Start(arguments);
        return await run.EndsAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits for its end.</summary>
    internal async Task<Answer> EndsAsync(CancellationToken cancellation)
    {
        await process.WaitForExitAsync(cancellation);
        return new(process.ExitCode, Read(printed), Read(complaints));
    }

    /// <summary>Waits until it has printed this.</summary>
    internal async Task SaysAsync(string text, CancellationToken cancellation)
    {
        while (true)
        {
            Task next;
            lock (output)
            {
                if (output.ToString().Contains(text, StringComparison.Ordinal)) return;
                next = more.Task;
            }
            try
            {
                await Task.WhenAny(next, process.WaitForExitAsync(cancellation)).WaitAsync(cancellation);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"It has not said '{text}', but:\n{Output}");
            }
            if (process.HasExited && !Output.Contains(text, StringComparison.Ordinal))
                throw new InvalidOperationException($"It ended with {process.ExitCode} and has not said '{text}', but:\n{Output}");
        }
    }

    /// <summary>As the kernel would: no signal handler, no goodbye. Its children are left to notice by themselves.</summary>
    internal void Kill()
    {
        if (!process.HasExited) process.Kill();
    }

    /// <summary>What Ctrl-C does.</summary>
    internal void Interrupt() => Signals.Interrupt(process.Id);

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

    void Keep(string? line, StringBuilder into)
    {
        if (line is null) return;
        lock (output)
        {
            output.AppendLine(line);
            into.AppendLine(line);
            more.SetResult();
            more = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    string Read(StringBuilder text)
    {
        lock (output) return text.ToString();
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

/// <summary>What a command answered.</summary>
sealed record Answer(int ExitCode, string Printed, string Complaint)
{
    /// <summary>What <c>--json</c> printed: one document and nothing else.</summary>
    internal JsonElement Json => JsonDocument.Parse(Printed).RootElement;
}
