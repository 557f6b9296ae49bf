using Microsoft.Extensions.Logging;
using Millrace.Dags;

namespace Millrace.Testing.Dags;

/// <summary>What tests let worker processes do, misdeeds included.</summary>
public static class Deeds
{
    static readonly List<byte[]> Kept = [];

    public static Dag All { get; } = Dag.Build("deeds", d =>
    {
        d.Task("nothing", () => { });
        var seven = d.Task("seven", () => 7);
        d.Task("double", seven, s => s * 2);
        d.Task("variable", async (TaskContext c) => await c.VariableAsync("key"));
        d.Task("gather", async (TaskContext c) => (await c.ResultOfAsync<IReadOnlyList<string>>("each")).Sum(s => s.Length));
        d.Map("each", [1, 22, 333], (int i) => $"{i}");
        d.Task("throws", void () => throw new InvalidOperationException("as told"));
        d.Task("tells", () => { }, new()
        {
            OnSuccess = new(c => c.Logger.LogInformation("told of {Task}", c.TaskId)),
            OnFailure = new(c => throw new InvalidOperationException("deaf: " + c.Error)),
            OnRetry = new(_ => Environment.Exit(4)),
        });
        d.Task("exits", () => Environment.Exit(3));
        d.Task("overflows", () => Recurse(0));
        d.Task("spins", (TaskContext c) => SpinUntil(c, TimeSpan.FromSeconds(c.Params.Get<double>("seconds"))));
        d.Task("ignores", (TaskContext c) =>
        {
            c.Logger.LogInformation("deaf from here on");
            SpinUntil(null, TimeSpan.FromSeconds(60));
        });
        d.Task("starves", Starve);
        d.Task("listens", async (TaskContext c) => await Task.Delay(Timeout.Infinite, c.Cancellation));
        d.Task("sleeps", (TaskContext c) => Thread.Sleep(TimeSpan.FromSeconds(c.Params.Get<double>("seconds"))));
        d.Task("pid", () => Environment.ProcessId);
        d.Shell("tree", (TaskContext c) => $"bash -c 'trap \"\" TERM; echo $BASHPID > {c.Params.Get<string>("file")}; while true; do sleep 1; done' & wait");
        d.Task("child", (TaskContext c) =>
        {
            // Not through a shell task: the worker knows nothing of this one.
            using var child = System.Diagnostics.Process.Start("sleep", "600");
            File.WriteAllText(c.Params.Get<string>("file"), child.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
            SpinUntil(null, TimeSpan.FromSeconds(60));
        });
        d.Task("hoards", () =>
        {
            Kept.Add(new byte[200 << 20]);
            Kept[^1].AsSpan().Fill(1);
        });
    });

    static int Recurse(int depth) => depth < 0 ? depth : Recurse(depth + 1) + 1;

    static void SpinUntil(TaskContext? context, TimeSpan time)
    {
        for (var began = System.Diagnostics.Stopwatch.GetTimestamp(); System.Diagnostics.Stopwatch.GetElapsedTime(began) < time;)
            context?.Cancellation.ThrowIfCancellationRequested();
    }

    // Every thread of the pool is taken for as long as the body runs.
    static async Task Starve()
    {
        var blocked = Enumerable.Range(0, 64).Select(_ => Task.Run(() => Thread.Sleep(TimeSpan.FromSeconds(3)))).ToArray();
        Thread.Sleep(TimeSpan.FromSeconds(3));
        await Task.WhenAny(blocked);
    }
}
