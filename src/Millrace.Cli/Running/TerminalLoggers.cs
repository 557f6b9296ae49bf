using Microsoft.Extensions.Logging;

namespace Millrace.Cli.Running;

/// <summary>What the scheduler and its workers have to say, from warnings up, on standard error.</summary>
sealed class TerminalLoggers(TextWriter error, TimeProvider time) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new TerminalLogger(error, time);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("The command line writes to its terminal only.");

    public void Dispose()
    {
    }

    sealed class TerminalLogger(TextWriter error, TimeProvider time) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            var cause = exception is null ? "" : $": {exception.Message}";
            lock (error)
                error.WriteLine($"{time.GetUtcNow().UtcDateTime:HH:mm:ss}  {(logLevel == LogLevel.Warning ? "warning" : "error")}  {formatter(state, exception)}{cause}");
        }
    }
}
