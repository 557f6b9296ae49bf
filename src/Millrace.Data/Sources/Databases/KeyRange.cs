using System.Globalization;
using Millrace.Plans;

namespace Millrace.Data;

static class KeyRange
{
    /// <summary>The column that a table is divided by, as it is spelled.</summary>
    /// <exception cref="PlanException">There is no such column, or it holds no whole numbers.</exception>
    internal static string Column(Schema schema, string place, string by, int parts)
    {
        if (parts < 1) throw new ArgumentOutOfRangeException(nameof(parts), parts, $"{place} is read in at least one part.");
        var field = schema[by];
        return field.Type.IsInteger
            ? field.Name
            : throw new PlanException($"{place} can't be read in parts by '{field.Name}', which is {field.Type}. Name a column of whole numbers.");
    }

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
