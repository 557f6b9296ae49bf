using System.Collections.Concurrent;
using System.Globalization;
using Millrace.Broker.Tests.Connections;
using Millrace.Testing;
using Microsoft.Extensions.Logging;

namespace Millrace.Broker.Tests.Hostile;

/// <summary>A broker with a client that behaves well and is not to notice those that don't, and what must hold when they are gone.</summary>
sealed class HostileBed : IAsyncDisposable
{
    readonly CancellationTokenSource stop = new();
    readonly CountingLog log = new();
    readonly WellBehavedClient well;
    readonly Task running;
    int sent, answered, closed, left;

    internal HostileBed(int seed, BrokerOptions? options = null)
    {
        Seed = seed;
        Random = new Random(seed);
        Broker = EmbeddedBroker.Start((options ?? new()) with { Durability = Durability.PageCache }, log, Clock);
        well = new(Broker);
        running = Task.Run(() => well.RunAsync(stop.Token));
    }

    internal int Seed { get; }

    internal Random Random { get; }

    VirtualClock Clock { get; } = new(DateTimeOffset.UtcNow);

    internal EmbeddedBroker Broker { get; }

    internal BrokerNode Node => Broker.Node;

    /// <summary>What the log was told as a warning: each connection that was ended, with the reason.</summary>
    internal IEnumerable<string> Warnings => log.Warnings;

    /// <summary>MILLRACE_HOSTILE_SEED=123 begins with that seed, and MILLRACE_HOSTILE_SEEDS=500 runs so many.</summary>
    internal static IEnumerable<int> Seeds(int usual)
    {
        var first = int.Parse(Environment.GetEnvironmentVariable("MILLRACE_HOSTILE_SEED") ?? "1", CultureInfo.InvariantCulture);
        var count = Environment.GetEnvironmentVariable("MILLRACE_HOSTILE_SEEDS") is { } more ? int.Parse(more, CultureInfo.InvariantCulture) : usual;
        return Enumerable.Range(first, count);
    }

    /// <summary>Runs a scene with each seed, and says with which it failed.</summary>
    internal static async Task RunAsync(ITestOutputHelper output, int usual, Func<HostileBed, Task> scene)
    {
        foreach (var seed in Seeds(usual))
        {
            try
            {
                await using var bed = new HostileBed(seed);
                await scene(bed);
                output.WriteLine(await bed.CheckAsync());
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed}: {e.Message}", e);
            }
        }
    }

    /// <summary>Sends bytes from a connection of their own, and says that no more come. What comes back must be whole answers, if anything.</summary>
    /// <param name="leaves">Whether the client is gone before it can have got an answer.</param>
    internal async Task<List<byte[]>> SendAsync(byte[] bytes, bool leaves = false)
    {
        using var client = new RawClient(Broker.Port);
        Interlocked.Increment(ref sent);
        await client.SendAsync(bytes);
        if (leaves)
        {
            Interlocked.Increment(ref left);
            return [];
        }
        client.EndSending();
        var answers = await client.ReadAllAsync();
        Interlocked.Add(ref answered, answers.Count);
        if (answers.Count == 0) Interlocked.Increment(ref closed);
        return answers;
    }

    /// <summary>What must hold when the hostile clients are gone. The counts are for the reader of the test's output.</summary>
    internal async Task<string> CheckAsync()
    {
        await stop.CancelAsync();
        await running.WaitAsync(TimeSpan.FromMinutes(1));
        await well.CheckAsync();
        well.Dispose();
        // Who left while its answer was waited for is found in time, which runs from when the broker began to answer.
        await UntilAsync(() =>
        {
            if (Broker.Listener.Open > 0) Clock.Advance(TimeSpan.FromSeconds(5));
            return Broker.Listener.Open == 0;
        }, () => $"{Broker.Listener.Open} connections are still there");
        await UntilAsync(() => (Node.RequestMemory.Used, Node.Objects.Used, Node.ResponseMemory.Used + Node.AnswerMemory.Used, Node.Logs.Unpacking.Used) == (0, 0, 0, 0),
            () => $"{Node.RequestMemory.Used}, {Node.Objects.Used}, {Node.ResponseMemory.Used + Node.AnswerMemory.Used}, {Node.Logs.Unpacking.Used} bytes are still counted");
        Assert.InRange(Node.RequestMemory.Peak, 0, Math.Max(Node.Settings.Long("queued.max.request.bytes"), Node.Settings.RequestMaxBytes));
        Assert.InRange(Node.Objects.Peak, 1, Node.Objects.Limit);
        Assert.InRange(Node.Logs.Unpacking.Peak, 0, Node.Logs.Unpacking.Limit);
        Assert.Empty(log.Errors);
        return $"seed {Seed}: {sent:N0} sent, {answered:N0} answers, {closed:N0} closed, {left:N0} left; {well.Records:N0} records and {well.Heartbeats:N0} heartbeats beside them; "
            + $"at most {Node.RequestMemory.Peak:N0} bytes of requests, {Node.Objects.Peak:N0} of objects, {Node.ResponseMemory.Peak:N0} of answers, {Node.Logs.Unpacking.Peak:N0} unpacked.";
    }

    /// <summary>Lets time go on while the client that behaves well is at rest: it isn't the one that is slow.</summary>
    internal Task AdvanceAsync(TimeSpan time) => well.BetweenAsync(() => Clock.Advance(time));

    internal static async Task UntilAsync(Func<bool> isSo, Func<string> otherwise)
    {
        // Far beyond what it takes: who waits that long waits for ever.
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!isSo())
        {
            if (limit.IsCancellationRequested) throw new TimeoutException(otherwise());
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        well.Dispose();
        await running.ContinueWith(static _ => { }, TaskScheduler.Default);
        await Broker.DisposeAsync();
        stop.Dispose();
    }

    /// <summary>Keeps what the broker says. An error is one that nobody was prepared for.</summary>
    sealed class CountingLog : ILogger
    {
        internal ConcurrentQueue<string> Errors { get; } = [];

        internal ConcurrentQueue<string> Warnings { get; } = [];

        public void Log<TState>(LogLevel level, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (level >= LogLevel.Error) Errors.Enqueue($"{formatter(state, exception)} {exception}");
            else if (level == LogLevel.Warning) Warnings.Enqueue(formatter(state, exception));
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
    }
}
