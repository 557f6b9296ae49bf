using System.Text.Json;
using Millrace.Execution;

namespace Millrace.Authoring.Compiling;

/// <summary>The parent's side of the compiler's process: started with the first file, kept warm while edits come, ended when idle.</summary>
sealed class Compiler(ToolCommand tool, TimeSpan idle) : IAsyncDisposable
{
    /// <summary>How long the process waits for more.</summary>
    public TimeSpan Idle { get; set; } = idle;

    readonly Lock gate = new();
    readonly Dictionary<int, TaskCompletionSource<IReadOnlyList<Problem>>> waiting = [];
    ChildProcess? child;
    CancellationTokenSource? idleness;
    int last;

    public async Task<IReadOnlyList<Problem>> CompileAsync(CompileRequest request, CancellationToken cancellation)
    {
        var answer = new TaskCompletionSource<IReadOnlyList<Problem>>(TaskCreationOptions.RunContinuationsAsynchronously);
        ChildProcess running;
        Task sent;
        lock (gate)
        {
            request = request with { Id = ++last };
            waiting.Add(request.Id, answer);
            idleness?.Cancel();
            running = Child();
            sent = Chain(running, AuthoringJson.Line(request, AuthoringJson.Default.CompileRequest));
        }
        await sent.ConfigureAwait(false);
        return await answer.Task.WaitAsync(cancellation).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync()
    {
        lock (gate)
        {
            idleness?.Cancel();
            child?.Dispose();
            child = null;
        }
        return ValueTask.CompletedTask;
    }

    Task sending = Task.CompletedTask;

    // One line at a time: two writers would mix them.
    Task Chain(ChildProcess to, string line)
    {
        return sending = Next(sending);

        async Task Next(Task before)
        {
            await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await to.SendAsync(line, CancellationToken.None).ConfigureAwait(false);
        }
    }

    ChildProcess Child()
    {
        if (child is not null) return child;
        child = ChildProcess.Start(tool, "compile", new Dictionary<string, string> { ["DOTNET_TieredCompilation"] = "1" });
        _ = ReadAsync(child);
        return child;
    }

    async Task ReadAsync(ChildProcess from)
    {
        try
        {
            while (await from.ReceiveAsync(CancellationToken.None).ConfigureAwait(false) is { } line)
            {
                var answer = JsonSerializer.Deserialize(line, AuthoringJson.Default.CompileAnswer)!;
                lock (gate)
                {
                    if (waiting.Remove(answer.Id, out var source)) source.SetResult(answer.Problems);
                    if (waiting.Count == 0) EndWhenIdle(from);
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Disposed while reading: handled like its end.
        }
        await EndedAsync(from).ConfigureAwait(false);
    }

    void EndWhenIdle(ChildProcess from)
    {
        idleness?.Cancel();
        var mine = idleness = new();
        _ = Task.Delay(Idle, mine.Token).ContinueWith(_ =>
        {
            lock (gate)
            {
                if (mine.IsCancellationRequested || waiting.Count > 0) return;
                if (child == from) child = null;
                from.Dispose();
            }
        }, mine.Token, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
    }

    async Task EndedAsync(ChildProcess from)
    {
        TaskCompletionSource<IReadOnlyList<Problem>>[] owed;
        lock (gate)
        {
            if (child != from) return;
            child = null;
            owed = [.. waiting.Values];
            waiting.Clear();
        }
        if (owed.Length == 0) return;
        var (code, printed) = await from.EndAsync().ConfigureAwait(false);
        foreach (var source in owed)
            source.TrySetResult([new(null, 0, 0, ProblemKind.Internal, $"The compiler's process ended with exit code {code} before it answered: {printed}")]);
    }
}
