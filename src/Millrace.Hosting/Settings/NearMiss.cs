namespace Millrace.Hosting.Settings;

/// <summary>Finds what somebody meant who wrote a name almost right.</summary>
static class NearMiss
{
    /// <summary>The nearest names; empty when nothing is near.</summary>
    internal static IReadOnlyList<string> Of(string wanted, IEnumerable<string> names, int most = 3)
    {
        var far = Math.Max(2, wanted.Length / 3);
        var distances = names.Distinct().Select(name => (Name: name, Distance: Distance(wanted, name))).Where(near => near.Distance <= far).ToList();
        var nearest = distances.Count == 0 ? 0 : distances.Min(near => near.Distance);
        return [.. distances.Where(near => near.Distance == nearest).Select(near => near.Name).Order(StringComparer.Ordinal).Take(most)];
    }

    /// <summary>" Did you mean 'a' or 'b'?", or nothing.</summary>
    internal static string Question(string wanted, IEnumerable<string> names)
    {
        var near = Of(wanted, names);
        return near.Count == 0 ? "" : $" Did you mean {string.Join(" or ", near.Select(name => $"'{name}'"))}?";
    }

    // Edits with swaps of neighbours, without regard to case; a name that begins as wanted is near whatever its length.
    static int Distance(string wanted, string name)
    {
        if (wanted.Length >= 3 && (name.StartsWith(wanted, StringComparison.OrdinalIgnoreCase)
            || name.EndsWith('.' + wanted, StringComparison.OrdinalIgnoreCase)))
            return 1;
        var a = wanted.ToUpperInvariant();
        var b = name.ToUpperInvariant();
        var costs = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) costs[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) costs[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var change = a[i - 1] == b[j - 1] ? 0 : 1;
                var cost = Math.Min(Math.Min(costs[i - 1, j] + 1, costs[i, j - 1] + 1), costs[i - 1, j - 1] + change);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    cost = Math.Min(cost, costs[i - 2, j - 2] + 1);
                costs[i, j] = cost;
            }
        }
        return costs[a.Length, b.Length];
    }
}
