using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging;
using Millrace.Dags;

namespace Millrace.Execution;

/// <param name="LastLine">The last line of standard output that is not blank.</param>
readonly record struct CommandEnd(int ExitCode, string? LastLine);

/// <summary>Runs a command to its end, its output going line by line to the log; ends its whole tree on cancellation.</summary>
sealed class CommandRunner(AttemptLog log, TimeSpan grace, Action<int, bool>? groupChanged)
{
    // A program that prints without line ends must not fill the memory.
    const int LongestLine = 64 * 1024;
    // What a command left running in the background may hold its output open for ever.
    static readonly TimeSpan Drain = TimeSpan.FromSeconds(1);

    /// <param name="shown">For the log: the command as its author wrote it.</param>
    internal async Task<CommandEnd> RunAsync(CommandLine command, string shown, IReadOnlyDictionary<string, string> variables, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        log.Write(LogLevel.Information, null, "Command: " + shown);
        using var process = Start(command, shown, variables);
        var group = process.Id;
        groupChanged?.Invoke(group, true);
        try
        {
            process.StandardInput.Close();
            using var draining = new CancellationTokenSource();
            var output = PumpAsync(process.StandardOutput, LogLevel.Information, null, draining.Token);
            var errors = PumpAsync(process.StandardError, LogLevel.Information, "stderr", draining.Token);
            try
            {
                await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                await EndAsync(process).ConfigureAwait(false);
                draining.CancelAfter(Drain);
                await Task.WhenAll(output, errors).ConfigureAwait(false);
                throw;
            }
            draining.CancelAfter(Drain);
            await errors.ConfigureAwait(false);
            var last = await output.ConfigureAwait(false);
            log.Write(process.ExitCode == 0 ? LogLevel.Information : LogLevel.Error, null, $"The command {ProcessTree.Describe(process.ExitCode)}.");
            return new CommandEnd(process.ExitCode, last);
        }
        finally
        {
            groupChanged?.Invoke(group, false);
        }
    }

    static Process Start(CommandLine command, string shown, IReadOnlyDictionary<string, string> variables)
    {
        if (command.WorkingDirectory is { } folder && !Directory.Exists(folder))
            throw new DirectoryNotFoundException($"The working directory '{folder}' of the command '{shown}' does not exist.");
        var start = new ProcessStartInfo(Locate(command), command.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = command.WorkingDirectory ?? "",
        };
        foreach (var (name, value) in command.Environment) start.Environment[name] = value;
        foreach (var (name, value) in variables) start.Environment[name] = value;
        try
        {
            return ProcessTree.Start(start);
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"The command '{shown}' could not be started: {e.Message}.", e);
        }
    }

    // Looked up here, so that a missing program is named: behind setsid it would only be an exit code.
    static string Locate(CommandLine command)
    {
        var program = command.Program;
        if (program.IndexOfAny(['/', '\\']) >= 0)
        {
            var path = Path.GetFullPath(program, Path.GetFullPath(command.WorkingDirectory ?? "."));
            if (!File.Exists(path)) throw new FileNotFoundException($"The program '{path}' does not exist.", path);
            return path;
        }
        if (ProcessTree.FindProgram(program) is { } found) return found;
        if (program == "bash" && ProcessTree.FindProgram("sh") is { } sh) return sh;
        throw new FileNotFoundException(program == "pwsh"
            ? "The command needs PowerShell, but there is no 'pwsh' on the PATH. Install PowerShell (https://aka.ms/powershell) or use bash."
            : $"The program '{program}' is not on the PATH. Install it, or give its full path.");
    }

    /// <summary>SIGTERM to the whole group, the grace, SIGKILL. A child that outlives its parent counts too.</summary>
    async Task EndAsync(Process process)
    {
        log.Write(LogLevel.Warning, null, $"Ending the command and all it started; what is left after {grace.TotalSeconds:0.#} s is killed.");
        ProcessTree.Terminate(process);
        var asked = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(asked) < grace && IsAlive(process))
            await Task.Delay(20, CancellationToken.None).ConfigureAwait(false);
        ProcessTree.Kill(process);
        // The exit must be had even though the token is cancelled: nothing of the tree may outlive the attempt.
        await process.WaitForExitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(5), CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    static bool IsAlive(Process process) =>
        ProcessTree.HasGroups ? Posix.KillGroup(process.Id, 0) : !process.HasExited;

    async Task<string?> PumpAsync(StreamReader reader, LogLevel level, string? category, CancellationToken draining)
    {
        var buffer = new char[8 * 1024];
        var partial = new StringBuilder();
        var lines = new List<string>();
        string? last = null;
        try
        {
            for (int read; (read = await reader.ReadAsync(buffer, draining).ConfigureAwait(false)) > 0;)
            {
                Split(buffer.AsSpan(0, read));
                log.Write(level, category, lines);
                lines.Clear();
            }
        }
        catch (OperationCanceledException)
        {
            // The command itself has ended; what it left behind keeps the pipe open.
        }
        if (partial.Length > 0) End();
        log.Write(level, category, lines);
        return last;

        void Split(ReadOnlySpan<char> text)
        {
            for (int end; (end = text.IndexOf('\n')) >= 0; text = text[(end + 1)..])
            {
                partial.Append(text[..end].TrimEnd('\r'));
                End();
            }
            partial.Append(text);
            if (partial.Length > LongestLine) End();
        }

        void End()
        {
            var line = partial.ToString();
            partial.Clear();
            lines.Add(line);
            if (!string.IsNullOrWhiteSpace(line)) last = line;
        }
    }
}
