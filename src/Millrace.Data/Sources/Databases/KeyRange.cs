using System.Globalization;

namespace Millrace.Data;

static class KeyRange
{
    /// <summary>WHERE clauses that together take every row once, nulls with the first.</summary>
    internal static List<string> Split(long min, long max, int parts, string key)
    {
        var width = ((Int128)max - min + parts) / parts;
        var ranges = new List<string>();
        for (var from = (Int128)min; from <= max; from += width)
        {
            var to = from + width;
            var range = (from == min, to > max) switch
            {
                (true, true) => "",
                (true, false) => $" where {key} < {to} or {key} is null",
                (false, true) => $" where {key} >= {from}",
                _ => $" where {key} >= {from} and {key} < {to}",
            };
            ranges.Add(range.ToString(CultureInfo.InvariantCulture));
        }
        return ranges;
    }
}
