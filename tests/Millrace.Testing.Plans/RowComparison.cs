using System.Collections;
using System.Globalization;
using Millrace.Data;

namespace Millrace.Testing.Plans;

/// <summary>Whether two results are the same rows, floats within a relative 1e-9.</summary>
public static class RowComparison
{
    const double Tolerance = 1e-9;

    /// <summary>The rows of batches, which are disposed.</summary>
    public static async Task<List<object?[]>> RowsAsync(this IAsyncEnumerable<Batch> batches)
    {
        var rows = new List<object?[]>();
        await foreach (var batch in batches)
        {
            using (batch)
            {
                for (var i = 0; i < batch.Count; i++) rows.Add(batch.Row(i));
            }
        }
        return rows;
    }

    /// <summary>Null where they are the same; otherwise the first difference, for a test's message.</summary>
    /// <param name="ordered">Whether their order counts.</param>
    public static string? Difference(IReadOnlyList<object?[]> expected, IReadOnlyList<object?[]> actual, bool ordered = false)
    {
        if (expected.Count != actual.Count) return $"{expected.Count} rows were expected and there are {actual.Count}.";
        var (left, right) = ordered ? (expected, actual) : (InOrder(expected), InOrder(actual));
        var first = FirstDifference(left, right);
        // Floats that differ in a late digit may change the places of rows however they are sorted.
        return first is null || !ordered && Match(left, right) ? null : first;
    }

    static string? FirstDifference(IReadOnlyList<object?[]> left, IReadOnlyList<object?[]> right)
    {
        for (var r = 0; r < left.Count; r++)
        {
            for (var c = 0; c < left[r].Length; c++)
            {
                if (!Same(left[r][c], right[r][c]))
                    return $"Row {r}, column {c}: {Text(left[r][c])} was expected and it is {Text(right[r][c])}.\nexpected: {Row(left[r])}\nactual:   {Row(right[r])}";
            }
        }
        return null;
    }

    static bool Match(IReadOnlyList<object?[]> left, IReadOnlyList<object?[]> right)
    {
        var free = right.ToList();
        foreach (var row in left)
        {
            var at = free.FindIndex(other => row.Zip(other).All(v => Same(v.First, v.Second)));
            if (at < 0) return false;
            free.RemoveAt(at);
        }
        return true;
    }

    static List<object?[]> InOrder(IReadOnlyList<object?[]> rows) => [.. rows.OrderBy(r => r, Comparer<object?[]>.Create(Compare))];

    // Floats last and rounded: those that differ in a late digit must not change places.
    static int Compare(object?[]? a, object?[]? b)
    {
        for (var pass = 0; pass < 2; pass++)
        {
            for (var i = 0; i < a!.Length; i++)
            {
                var isFloat = (a[i] ?? b![i]) is float or double;
                if (isFloat != (pass == 1)) continue;
                var order = (a[i] is null) != (b![i] is null) ? (a[i] is null ? -1 : 1) : isFloat ? Rounded(a[i]).CompareTo(Rounded(b![i])) : string.CompareOrdinal(Text(a[i]), Text(b![i]));
                if (order != 0) return order;
            }
        }
        return 0;

        static double Rounded(object? value) => value is null
            ? double.NegativeInfinity
            : Convert.ToDouble(value, CultureInfo.InvariantCulture) is var d && double.IsFinite(d) ? double.Parse(d.ToString("G7", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : d;
    }

    static bool Same(object? a, object? b) => (a, b) switch
    {
        (null, null) => true,
        (null, _) or (_, null) => false,
        (double x, double y) => Near(x, y, Tolerance),
        (float x, float y) => Near(x, y, 1e-6),
        (byte[] x, byte[] y) => x.AsSpan().SequenceEqual(y),
        (string x, string y) => x == y,
        (IDictionary x, IDictionary y) => x.Count == y.Count && x.Keys.Cast<object>().All(k => y.Contains(k) && Same(x[k], y[k])),
        (IList x, IList y) => x.Count == y.Count && Enumerable.Range(0, x.Count).All(i => Same(x[i], y[i])),
        _ => a.Equals(b),
    };

    static bool Near(double x, double y, double tolerance) =>
        x.Equals(y) || x == y || Math.Abs(x - y) <= tolerance * Math.Max(1e-3, Math.Max(Math.Abs(x), Math.Abs(y)));

    static string Row(object?[] row) => string.Join(" | ", row.Select(Text));

    static string Text(object? value) => value switch
    {
        null => "null",
        double d => d.ToString("R", CultureInfo.InvariantCulture),
        float f => f.ToString("R", CultureInfo.InvariantCulture),
        byte[] bytes => Convert.ToHexString(bytes),
        decimal d => d.ToString("0.############################", CultureInfo.InvariantCulture),
        // The invariant texts of these leave seconds or their parts away.
        DateTime or DateTimeOffset or TimeOnly or DateOnly => ((IFormattable)value).ToString("O", CultureInfo.InvariantCulture),
        string s => $"'{s}'",
        IDictionary map => $"{{{string.Join(", ", map.Keys.Cast<object>().Select(k => $"{k}: {Text(map[k])}"))}}}",
        IEnumerable list => $"[{string.Join(", ", list.Cast<object?>().Select(Text))}]",
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
