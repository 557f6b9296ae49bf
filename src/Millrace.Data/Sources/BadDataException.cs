namespace Millrace.Data;

/// <summary>Data that can't be read as what it should be. The message names the file, the line and what to do.</summary>
public sealed class BadDataException : Exception
{
    public BadDataException(string message, string? source = null, long? line = null, string? column = null, string? value = null, Exception? inner = null)
        : base(message, inner) => (File, Line, Column, Value) = (source, line, column, value);

    /// <summary>The file or table that the row stands in.</summary>
    public string? File { get; }

    /// <summary>The line that the row begins at, counted from 1.</summary>
    public long? Line { get; }

    public string? Column { get; }

    /// <summary>As it was written, cut where it is long.</summary>
    public string? Value { get; }
}
