using System.Globalization;
using System.Text.RegularExpressions;

namespace Millrace.Data.Engines.DuckDb;

/// <summary>The place in a file that a message of DuckDB's names, and the kind of error that its first words name.</summary>
static partial class ErrorPlace
{
    internal static (string? File, long? Line, string? Column) Find(string message)
    {
        var line = Line().Match(message) is { Success: true } l ? long.Parse(l.Groups[1].Value, CultureInfo.InvariantCulture) : (long?)null;
        if (line is null) return (null, null, null); // A column or file that is named without a line is one of the query.
        var file = File().Match(message) is { Success: true } f ? f.Groups[1].Value : null;
        var column = Column().Match(message) is { Success: true } c ? c.Groups[1].Value : null;
        return (file, line, column);
    }

    internal static DuckDbErrorType TypeOf(string message)
    {
        var end = message.IndexOf(" Error:", StringComparison.Ordinal);
        if (end < 0) return DuckDbErrorType.Unknown;
        if (message.StartsWith("INTERRUPT", StringComparison.Ordinal)) return DuckDbErrorType.Interrupt;
        var name = message[..end].Replace(" ", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
        return Enum.TryParse<DuckDbErrorType>(name, ignoreCase: true, out var type) ? type : DuckDbErrorType.Unknown;
    }

    [GeneratedRegex(@"(?:CSV Error on Line: |\bin line )(\d+)")]
    private static partial Regex Line();

    [GeneratedRegex(@"(?:\bfile = |in file ""|file: ""?)([^""\n]+)", RegexOptions.IgnoreCase)]
    private static partial Regex File();

    [GeneratedRegex(@"column (?:with name: |name[: ]+)?""([^""]+)""", RegexOptions.IgnoreCase)]
    private static partial Regex Column();
}
