namespace Millrace.Dags;

/// <summary>The name that was probably meant.</summary>
static class Nearest
{
    /// <summary><c>; did you mean 'x'?</c> or, where nothing is close, the names there are.</summary>
    internal static string Hint(string name, IEnumerable<string> known)
    {
        string[] names = [.. known];
        if (names.Length == 0) return " (there are none)";
        var best = names.MinBy(n => Distance(name, n))!;
        return Distance(name, best) <= Math.Max(2, name.Length / 3)
            ? $" (did you mean '{best}'?)"
            : $" (there are: {string.Join(", ", names.Take(20))})";
    }

    // Levenshtein, over two rows, without regard to case.
    static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var swap = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(swap, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
