namespace Millrace.Data;

/// <summary>A row whose value can't be computed, or that breaks a rule, in a step that doesn't reject rows.</summary>
public sealed class RowException : Exception
{
    public RowException(string step, string? expression, string? value, string? source, long? line, string message)
        : base(Sentence(step, source, line, message)) =>
        (Step, Expression, Value, SourceName, Line) = (step, expression, value, source, line);

    public string Step { get; }
    public string? Expression { get; }
    public string? Value { get; }

    /// <summary>The file or table the row came from, where that is known.</summary>
    public string? SourceName { get; }
    public long? Line { get; }

    static string Sentence(string step, string? source, long? line, string message)
    {
        var where = (source, line) switch
        {
            (null, null) => "",
            (_, null) => $" ({source})",
            (null, _) => $" (line {line})",
            _ => $" ({source}, line {line})",
        };
        return $"{step}{where}: {message}";
    }
}
