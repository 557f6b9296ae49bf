using System.Diagnostics;
using System.Text;
using Millrace.Execution;

namespace Millrace.Authoring;

/// <summary>
/// A child of the same program that answers requests, one JSON line each way over its standard streams.
/// Answers start with <see cref="Mark"/>: a DAG file that prints while it is built can't be mistaken for one.
/// </summary>
sealed class ChildProcess : IDisposable
{
    public const char Mark = '\u0001';
    const int KeptLines = 40;

    readonly Process process;
    readonly Queue<string> printed = new();
    readonly Task errors;

    ChildProcess(Process process)
    {
        this.process = process;
        errors = KeepErrorsAsync();
    }

    public static ChildProcess Start(ToolCommand tool, string command, IReadOnlyDictionary<string, string> environment)
    {
        var start = tool.Start(command);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.StandardInputEncoding = start.StandardOutputEncoding = start.StandardErrorEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        // A child that answers within a second gains nothing from profiles and a second heap thread.
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        foreach (var (key, value) in environment) start.Environment[key] = value;
        return new(Process.Start(start)!);
    }

    public async Task SendAsync(string json, CancellationToken cancellation)
    {
        try
        {
            await process.StandardInput.WriteLineAsync(json.AsMemory(), cancellation).ConfigureAwait(false);
            await process.StandardInput.FlushAsync(cancellation).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It has died: whoever waits for the answer learns it there, with the reason.
        }
    }

    /// <returns>Null when the child has ended.</returns>
    public async Task<string?> ReceiveAsync(CancellationToken cancellation)
    {
        while (await process.StandardOutput.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
        {
            var at = line.LastIndexOf(Mark);
            if (at >= 0) return line[(at + 1)..];
            Keep(line);
        }
        return null;
    }

    /// <summary>How it ended and the last it printed, once <see cref="ReceiveAsync"/> has said that it did.</summary>
    public async Task<(int ExitCode, string Printed)> EndAsync()
    {
        // Something it started may hold its streams open: its own end counts.
        await process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(2)).Token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Kill();
        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        await Task.WhenAny(errors, Task.Delay(TimeSpan.FromMilliseconds(500))).ConfigureAwait(false);
        lock (printed) return (process.ExitCode, string.Join('\n', printed));
    }

    public void Dispose()
    {
        Kill();
        process.Dispose();
    }

    void Kill()
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It had ended already.
        }
    }

    async Task KeepErrorsAsync()
    {
        try
        {
            while (await process.StandardError.ReadLineAsync().ConfigureAwait(false) is { } line) Keep(line);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Disposed while reading.
        }
    }

    void Keep(string line)
    {
        lock (printed)
        {
            // The first lines say why it died, the last what it did: a stack overflow prints thousands between.
            if (printed.Count < KeptLines) printed.Enqueue(line);
        }
    }
}

/// <summary>The child's side: requests in, answers out, and an end as soon as the parent is gone.</summary>
static class ChildLoop
{
    /// <summary>Takes the standard streams away from the code that will run here, and reads requests until the parent closes its side.</summary>
    public static int Run(Action<string, Action<string>> handle)
    {
        var input = new StreamReader(Console.OpenStandardInput(), Encoding.UTF8);
        var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = false };
        Console.SetOut(TextWriter.Synchronized(new StreamWriter(Console.OpenStandardError()) { AutoFlush = true }));
        Console.SetIn(TextReader.Null);
        while (input.ReadLine() is { } request) handle(request, Answer);
        // Not a return: code that was loaded here may have threads that never end.
        Environment.Exit(0);
        return 0;

        void Answer(string json)
        {
            lock (output)
            {
                output.Write('\n');
                output.Write(ChildProcess.Mark);
                output.Write(json);
                output.Write('\n');
                output.Flush();
            }
        }
    }
}
