using Microsoft.Extensions.Logging;

namespace Millrace.Testing.Servers;

/// <summary>What servers under test write to their logs, for tests that wait for it.</summary>
public sealed class Sayings : ILoggerProvider, ILogger
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly Lock access = new();
    readonly List<string> lines = [];
    readonly Changes changes = new();

    /// <summary>Waits until so many lines have begun like this.</summary>
    public async Task UntilAsync(string beginning, CancellationToken cancellation, int times = 1)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            await changes.UntilAsync(() => Count(beginning) >= times, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            lock (access) throw new TimeoutException($"Nobody said '{beginning}', but:\n{string.Join('\n', lines)}");
        }
    }

    int Count(string beginning)
    {
        lock (access) return lines.Count(line => line.StartsWith(beginning, StringComparison.Ordinal));
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        lock (access) lines.Add(formatter(state, exception));
        changes.Tell();
    }

    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Dispose()
    {
    }
}
