using System.Globalization;

namespace Millrace.Cli.Bench;

/// <summary>The resident memory of a process and all its descendants, from /proc.</summary>
static class ProcessMemory
{
    const int BytesPerKb = 1024;

    internal static double TreeMegabytes(int root)
    {
        var children = new Dictionary<int, List<int>>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) || ParentOf(id) is not { } parent) continue;
            if (!children.TryGetValue(parent, out var siblings)) children.Add(parent, siblings = []);
            siblings.Add(id);
        }
        long total = 0;
        var next = new Stack<int>([root]);
        while (next.TryPop(out var id))
        {
            total += ResidentBytes(id);
            foreach (var child in children.GetValueOrDefault(id) ?? []) next.Push(child);
        }
        return total / 1e6;
    }

    // A process may end while it is looked at: it then counts nothing.
    static int? ParentOf(int process) => Field(process, "PPid:") is { } parent ? (int)parent : null;

    static long ResidentBytes(int process) => (Field(process, "VmRSS:") ?? 0) * BytesPerKb;

    static long? Field(int process, string name)
    {
        try
        {
            foreach (var line in File.ReadLines($"/proc/{process}/status"))
                if (line.StartsWith(name, StringComparison.Ordinal))
                    return long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
        }
        return null;
    }
}

/// <summary>Remembers the most memory seen while it watched.</summary>
sealed class PeakMemory : IAsyncDisposable
{
    static readonly TimeSpan Every = TimeSpan.FromMilliseconds(100);

    readonly CancellationTokenSource stop = new();
    readonly Task watching;

    internal PeakMemory() => watching = WatchAsync();

    internal double Megabytes { get; private set; }

    async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Every);
        do Megabytes = Math.Max(Megabytes, ProcessMemory.TreeMegabytes(Environment.ProcessId));
        while (await WaitAsync(timer));
    }

    async ValueTask<bool> WaitAsync(PeriodicTimer timer)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stop.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await watching;
        stop.Dispose();
    }
}
