using System.Buffers;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Millrace.Execution;

/// <summary>
/// What one attempt says, line by line, in a file that can be followed while it grows:
/// <code>2026-11-21T01:02:03.123Z INFO [category] message</code>
/// Lines after the first of a message are indented. The file begins to exist with its first line:
/// ten thousand silent tasks make no files.
/// </summary>
/// <param name="said">Told of the text as it is written, under the log's lock: it must not wait.</param>
sealed class AttemptLog(string path, TimeProvider time, Action<string>? said = null) : ILogger, IDisposable
{
    readonly Lock gate = new();
    readonly StringBuilder partial = new();
    readonly ArrayBufferWriter<byte> pending = new();
    FileStream? file;
    bool closed;

    public string Path { get; } = path;

    /// <summary>Writes a message at once; readers of the file see it when this returns.</summary>
    public void Write(LogLevel level, string? category, string message, Exception? exception = null)
    {
        lock (gate)
        {
            Append(level, category, message, exception);
            Flush();
        }
    }

    /// <summary>Several lines that arrived together, such as a block of a command's output, in one write.</summary>
    public void Write(LogLevel level, string? category, IReadOnlyList<string> lines)
    {
        if (lines.Count == 0) return;
        lock (gate)
        {
            foreach (var line in lines) Append(level, category, line, null);
            Flush();
        }
    }

    /// <summary>Text as the console takes it: lines as they end, the rest kept for the next call.</summary>
    public void WriteText(ReadOnlySpan<char> text)
    {
        lock (gate)
        {
            for (int end; (end = text.IndexOf('\n')) >= 0; text = text[(end + 1)..])
            {
                partial.Append(text[..end].TrimEnd('\r'));
                Append(LogLevel.Information, null, partial.ToString(), null);
                partial.Clear();
            }
            partial.Append(text);
            Flush();
        }
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) Write(logLevel, null, formatter(state, exception), exception);
    }

    /// <summary>The same file for a logger of another name.</summary>
    public ILogger Named(string category) => new Category(this, category);

    public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Debug and not LogLevel.None;
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void Dispose()
    {
        lock (gate)
        {
            if (partial.Length > 0)
            {
                Append(LogLevel.Information, null, partial.ToString(), null);
                partial.Clear();
            }
            Flush();
            file?.Dispose();
            // A body that left a thread behind may still write: that is dropped, not thrown at it.
            closed = true;
        }
    }

    void Append(LogLevel level, string? category, string message, Exception? exception)
    {
        var now = time.GetUtcNow();
        now.UtcDateTime.TryFormat(pending.GetSpan(32), out var written, "yyyy-MM-ddTHH:mm:ss.fffZ ", System.Globalization.CultureInfo.InvariantCulture);
        pending.Advance(written);
        pending.Write(Level(level));
        if (category is not null)
        {
            pending.Write("["u8);
            Encode(category);
            pending.Write("] "u8);
        }
        Lines(message);
        if (exception is null) return;
        pending.Write("    "u8);
        Lines(exception.ToString());
    }

    void Lines(ReadOnlySpan<char> text)
    {
        text = text.TrimEnd("\r\n");
        for (int end; (end = text.IndexOf('\n')) >= 0; text = text[(end + 1)..])
        {
            Encode(text[..end].TrimEnd('\r'));
            pending.Write("\n    "u8);
        }
        Encode(text);
        pending.Write("\n"u8);
    }

    void Encode(ReadOnlySpan<char> text)
    {
        var span = pending.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        pending.Advance(Encoding.UTF8.GetBytes(text, span));
    }

    void Flush()
    {
        if (pending.WrittenCount == 0) return;
        if (!closed)
        {
            said?.Invoke(Encoding.UTF8.GetString(pending.WrittenSpan));
            try
            {
                (file ??= Open()).Write(pending.WrittenSpan);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A full disk costs the log, not the attempt: what the body does is worth more than what it says.
                closed = true;
            }
        }
        pending.ResetWrittenCount();
    }

    FileStream Open()
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        // Appended and shared: when a worker dies, the pool adds why to the file that the worker had open.
        return new FileStream(Path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }

    static ReadOnlySpan<byte> Level(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "DEBUG "u8,
        LogLevel.Information => "INFO "u8,
        LogLevel.Warning => "WARN "u8,
        _ => "ERROR "u8,
    };

    sealed class Category(AttemptLog log, string name) : ILogger
    {
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (log.IsEnabled(logLevel)) log.Write(logLevel, name, formatter(state, exception), exception);
        }

        public bool IsEnabled(LogLevel logLevel) => log.IsEnabled(logLevel);
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
    }
}
