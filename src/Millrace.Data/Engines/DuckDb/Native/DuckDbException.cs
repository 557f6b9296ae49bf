namespace Millrace.Data.Engines.DuckDb;

/// <summary>
/// DuckDB refused or failed. Where it blames a place in a file, the place is in <see cref="File"/>, <see cref="Line"/>
/// and <see cref="Column"/>; where C# code that it called threw, that exception is the inner one.
/// </summary>
public sealed class DuckDbException : Exception
{
    internal DuckDbException(DuckDbErrorType type, string message, Exception? inner = null) : base(message, inner)
    {
        Type = type;
        var place = ErrorPlace.Find(message);
        File = place.File;
        Line = place.Line;
        Column = place.Column;
    }

    public DuckDbErrorType Type { get; }
    public string? File { get; }
    public long? Line { get; }

    /// <summary>The name of the file's column.</summary>
    public string? Column { get; }

    internal static DuckDbException From(string text, DuckDbErrorType type = DuckDbErrorType.Unknown)
    {
        var (message, thrown) = CallbackFailures.Take(text);
        return new(type == DuckDbErrorType.Unknown ? ErrorPlace.TypeOf(message) : type, message, thrown);
    }
}
