using System.Collections.Concurrent;
using Millrace.Runs;

namespace Millrace.Execution;

/// <summary>A worker's questions, asked over its socket.</summary>
sealed class RemoteServices(Action<NeedFrame> ask) : ITaskServices
{
    // The thread that runs bodies waits for them anyway: waiting here saves it the way over the thread pool and back.
    [ThreadStatic] internal static bool RunsBodies;

    readonly ConcurrentDictionary<int, TaskCompletionSource<ValueFrame>> asked = new();
    int last;

    public async ValueTask<ResultValue?> ReadResultAsync(InstanceId id, CancellationToken cancellation) =>
        (await AskAsync(NeedKind.Result, id.Run, id.Task, id.MapIndex, 0, cancellation).ConfigureAwait(false)).Result;

    public async ValueTask<IReadOnlyList<ResultRow>> ReadResultsAsync(RunId run, string task, CancellationToken cancellation)
    {
        var rows = new List<ResultRow>();
        for (var more = true; more;)
        {
            var page = await AskAsync(NeedKind.Results, run, task, 0, rows.Count, cancellation).ConfigureAwait(false);
            rows.AddRange(page.Rows ?? []);
            more = page.More;
        }
        return rows;
    }

    public async ValueTask<string?> ReadVariableAsync(string key, CancellationToken cancellation) =>
        (await AskAsync(NeedKind.Variable, default, key, 0, 0, cancellation).ConfigureAwait(false)).Text;

    internal void Answer(ValueFrame value)
    {
        if (asked.TryRemove(value.Id, out var waiter)) waiter.SetResult(value);
    }

    async Task<ValueFrame> AskAsync(NeedKind kind, RunId run, string name, int mapIndex, int after, CancellationToken cancellation)
    {
        var id = Interlocked.Increment(ref last);
        var waiter = new TaskCompletionSource<ValueFrame>(TaskCreationOptions.RunContinuationsAsynchronously);
        asked[id] = waiter;
        ask(new NeedFrame(id, kind, run, name, mapIndex, after));
        try
        {
            if (RunsBodies) waiter.Task.Wait(cancellation);
            var value = await waiter.Task.WaitAsync(cancellation).ConfigureAwait(false);
            return value.Error is null ? value : throw new ResultException(value.Error);
        }
        finally
        {
            asked.TryRemove(id, out _);
        }
    }
}
