using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Millrace.Execution;

namespace Millrace.Authoring.Bundles;

/// <param name="Time">For one bundle to build its Dags.</param>
/// <param name="MemoryMb">Of managed memory in the describing process.</param>
readonly record struct DescribeLimits(TimeSpan Time, int MemoryMb);

/// <summary>
/// Asks bundles what Dags they declare, in child processes: their code runs there, under limits, and what it breaks
/// is one source's error. A child describes many bundles; a broken one is replaced and the others go on.
/// </summary>
sealed class Describer(ToolCommand tool, DescribeLimits limits) : IDisposable
{
    /// <summary>Tells the child its limit, for its message.</summary>
    public const string MemoryVariable = "MILLRACE_DESCRIBE_MEMORY_MB";

    // One more than there are cores: a source that hangs must not keep the others waiting for its time limit.
    readonly SemaphoreSlim slots = new(Environment.ProcessorCount + 1);
    readonly ConcurrentBag<Child> idle = [];
    volatile bool disposed;

    sealed class Child(ChildProcess process) : IDisposable
    {
        public ChildProcess Process => process;
        public bool Used { get; set; }
        public void Dispose() => process.Dispose();
    }

    /// <summary>Starts a process ahead, while there is still something to compile.</summary>
    public void Warm()
    {
        if (idle.IsEmpty) idle.Add(Start());
    }

    /// <summary>Ends the processes that wait for more: a fresh one costs less than the memory of an old one.</summary>
    public void Cool()
    {
        while (idle.TryTake(out var child)) child.Dispose();
    }

    /// <param name="folder">The bundle's.</param>
    /// <param name="cancellation">Ends the process that is describing it.</param>
    public async Task<DescribeAnswer> DescribeAsync(string folder, CancellationToken cancellation)
    {
        await slots.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (!idle.TryTake(out var child)) child = Start();
            var fresh = !child.Used;
            var (answer, mayBeItsPredecessors) = await AskAsync(child, folder, cancellation).ConfigureAwait(false);
            // The memory that ran out may be what earlier bundles hold: it gets a process of its own before it is blamed.
            if (mayBeItsPredecessors && !fresh)
                (answer, _) = await AskAsync(Start(), folder, cancellation).ConfigureAwait(false);
            return answer;
        }
        finally
        {
            slots.Release();
        }
    }

    public void Dispose()
    {
        disposed = true;
        Cool();
    }

    async Task<(DescribeAnswer Answer, bool MayBeItsPredecessors)> AskAsync(Child child, string folder, CancellationToken cancellation)
    {
        var keep = false;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(limits.Time);
        try
        {
            child.Used = true;
            await child.Process.SendAsync(AuthoringJson.Line(new(folder), AuthoringJson.Default.DescribeRequest), limit.Token).ConfigureAwait(false);
            if (await child.Process.ReceiveAsync(limit.Token).ConfigureAwait(false) is { } line)
            {
                var answer = JsonSerializer.Deserialize(line, AuthoringJson.Default.DescribeAnswer)!;
                var exhausted = answer.Problems.Any(problem => problem.Kind == ProblemKind.Memory);
                keep = !exhausted;
                return (answer, exhausted);
            }
            var (code, printed) = await child.Process.EndAsync().ConfigureAwait(false);
            return (new(null, [Ended(code, printed)]), true);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (new(null, [new(null, 0, 0, ProblemKind.Timeout, string.Create(CultureInfo.InvariantCulture,
                $"Its Dags were not built after {limits.Time.TotalSeconds:0.#} s: an endless loop, or work that belongs into a task. Only declare tasks in Dag.Build; they run later."))]), false);
        }
        finally
        {
            if (keep && !disposed) idle.Add(child);
            else child.Dispose();
        }
    }

    Problem Ended(int code, string printed)
    {
        if (printed.Contains("Out of memory", StringComparison.Ordinal)) return OutOfMemory(limits.MemoryMb);
        if (printed.Contains("Stack overflow", StringComparison.Ordinal))
        {
            var frames = printed.Split('\n').Where(line => line.StartsWith("   at ", StringComparison.Ordinal)).Select(line => line.Trim()).Distinct().Take(3);
            return new(null, 0, 0, ProblemKind.Build, $"The stack overflowed while its Dags were built: {string.Join(", ", frames)}. Look for a method or property that calls itself.");
        }
        return new(null, 0, 0, ProblemKind.Build,
            $"The process that built its Dags ended with exit code {code}{(printed.Length > 0 ? $" and printed: {printed}" : "")}. Only declare tasks in Dag.Build; don't end the process.");
    }

    public static Problem OutOfMemory(int megabytes) => new(null, 0, 0, ProblemKind.Memory, string.Create(CultureInfo.InvariantCulture,
        $"Building its Dags took more than {megabytes} MB. Load data in tasks, not in Dag.Build or static fields."));

    Child Start() => new(ChildProcess.Start(tool, "describe", new Dictionary<string, string>
    {
        ["DOTNET_GCHeapHardLimit"] = "0x" + ((long)limits.MemoryMb << 20).ToString("X", CultureInfo.InvariantCulture),
        [MemoryVariable] = limits.MemoryMb.ToString(CultureInfo.InvariantCulture),
    }));
}
