using System.Globalization;

namespace Millrace.Data;

/// <summary>A row that a step refused, and why.</summary>
/// <param name="Rule">What it broke, in a few words that are the same for all rows that broke it.</param>
/// <param name="Step">The step that refused it: <c>csv</c>, <c>check positive</c>, <c>lookup plazas</c>.</param>
/// <param name="Column">The column at fault, where it is one.</param>
/// <param name="Value">The value at fault, or the raw line, cut to 1,000 characters.</param>
/// <param name="Source">The file or table that the row came from, where that is still known.</param>
/// <param name="Line">Its line there.</param>
/// <param name="Message">A sentence for people, with the remedy where there is one.</param>
public sealed record Reject(string Rule, string Step, string? Column, string? Value, string? Source, long? Line, string Message)
{
    /// <summary>Where the row stands and what is wrong with it: a line for people.</summary>
    public override string ToString()
    {
        var place = (Source, Line) switch
        {
            (null, null) => "",
            (_, null) => $"{Source}: ",
            (null, _) => string.Create(CultureInfo.InvariantCulture, $"line {Line}: "),
            _ => string.Create(CultureInfo.InvariantCulture, $"{Source}, line {Line}: "),
        };
        // Some messages are a sentence about the value, and some name it.
        var value = Value is null || Message.Contains($"'{Value}'", StringComparison.Ordinal) ? "" : Column is null ? $"'{Value}': " : $"{Column} '{Value}': ";
        return place + value + Message;
    }
}
