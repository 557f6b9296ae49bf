using System.Globalization;
using System.Text.RegularExpressions;

namespace Millrace.Data.Engines.DuckDb;

/// <summary>
/// What C# code threw while DuckDB called it. Only text crosses the engine, so the text carries a number by which the
/// exception is found on the other side. DuckDB may drop an error (of a second thread, or within TRY), so the oldest
/// make room for new ones instead of waiting to be taken.
/// </summary>
static partial class CallbackFailures
{
    static readonly Exception?[] kept = new Exception?[256];
    static long last;

    internal static string Keep(Exception thrown)
    {
        var number = Interlocked.Increment(ref last);
        Volatile.Write(ref kept[number % kept.Length], thrown);
        // C ends a text at its first zero, and the number would be behind it.
        return string.Create(CultureInfo.InvariantCulture, $"{thrown.Message.Replace('\0', ' ')} [callback {number}]");
    }

    internal static (string Message, Exception? Thrown) Take(string text)
    {
        if (Mark().Match(text) is not { Success: true } mark) return (text, null);
        var number = long.Parse(mark.Groups[1].Value, CultureInfo.InvariantCulture);
        return (text.Remove(mark.Index, mark.Length), Interlocked.Exchange(ref kept[number % kept.Length], null));
    }

    [GeneratedRegex(@" \[callback (\d+)\]")]
    private static partial Regex Mark();
}
