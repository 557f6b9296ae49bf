using System.Diagnostics;
using System.Text;
using Millrace.Execution;

namespace Millrace.EndToEnd.Tests.DataWork;

/// <summary>A shell's script on a terminal of its own: util-linux's script(1) makes one, and what is typed goes to it.</summary>
sealed class PseudoTerminal : IAsyncDisposable
{
    internal const char CtrlC = '\u0003';

    readonly Process process;
    readonly StringBuilder screen = new();
    readonly char[] buffer = new char[4096];

    PseudoTerminal(Process process) => this.process = process;

    /// <summary>Everything that was written so far, with what moves the cursor.</summary>
    internal string Screen => screen.ToString();

    /// <param name="shell">The script; <c>$MILLRACE</c> is the command.</param>
    internal static PseudoTerminal Start(string folder, string shell, params (string Name, string Value)[] environment)
    {
        var tool = ToolCommand.Find();
        var command = string.Join(' ', ((string[])[tool.FileName, .. tool.Arguments]).Select(a => $"'{a}'"));
        // Ctrl-C would else stay ignored where whoever started the tests had it so.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "script", "-qefc", shell.Replace("$MILLRACE", command, StringComparison.Ordinal), "/dev/null"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, StandardOutputEncoding = Encoding.UTF8, WorkingDirectory = folder,
        };
        start.Environment["TERM"] = "xterm";
        start.Environment["SHELL"] = "/bin/sh";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return new(Process.Start(start)!);
    }

    internal async Task TypeAsync(char key)
    {
        await process.StandardInput.WriteAsync(key);
        await process.StandardInput.FlushAsync();
    }

    /// <summary>Reads until the screen has had this.</summary>
    internal async Task ShowsAsync(string text, CancellationToken cancel)
    {
        while (!Screen.Contains(text, StringComparison.Ordinal))
        {
            if (!await ReadAsync(cancel)) throw new InvalidOperationException($"It ended and never showed '{text}', but at last:\n{Screen[^Math.Min(Screen.Length, 1_000)..]}");
        }
    }

    /// <summary>Reads to the end and says what the script ended with.</summary>
    internal async Task<int> EndsAsync(CancellationToken cancel)
    {
        while (await ReadAsync(cancel))
        {
        }
        await process.WaitForExitAsync(cancel);
        return process.ExitCode;
    }

    async Task<bool> ReadAsync(CancellationToken cancel)
    {
        var count = await process.StandardOutput.ReadAsync(buffer, cancel);
        screen.Append(buffer, 0, count);
        return count > 0;
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
