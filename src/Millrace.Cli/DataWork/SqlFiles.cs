using System.Text;

namespace Millrace.Cli.DataWork;

/// <summary>
/// Finds the files that a query names where a table could stand (<c>from 'orders/*.csv'</c>), and gives each a name that
/// the query can be run with. Text elsewhere, and in comments, stays as it is.
/// </summary>
static class SqlFiles
{
    /// <returns>The query with names in the places of files, and which file each of them is.</returns>
    internal static (string Sql, IReadOnlyList<(string Name, string Location)> Files) Find(string sql)
    {
        var text = new StringBuilder();
        var files = new List<(string Name, string Location)>();
        var tablesMayCome = false;
        foreach (var token in Tokens(sql))
        {
            if (token[0] == '\'' && tablesMayCome)
            {
                var location = token[1..^1].Replace("''", "'", StringComparison.Ordinal);
                var known = files.FirstOrDefault(f => f.Location == location);
                if (known.Name is null) files.Add(known = (NameOf(location, files.Count), location));
                text.Append('"').Append(known.Name).Append('"');
                tablesMayCome = false;
                continue;
            }
            text.Append(token);
            if (char.IsWhiteSpace(token[0]) || token.StartsWith("--", StringComparison.Ordinal) || token.StartsWith("/*", StringComparison.Ordinal)) continue;
            tablesMayCome = token.Equals("from", StringComparison.OrdinalIgnoreCase) || token.Equals("join", StringComparison.OrdinalIgnoreCase);
        }
        return (text.ToString(), files);
    }

    // After a file's own name, so that `orders.amount` finds it; a number keeps two files of one name apart.
    static string NameOf(string location, int number)
    {
        var name = Path.GetFileName(location[(location.LastIndexOf('!') + 1)..].TrimEnd('/', '\\'));
        var stem = new string([.. name.Split('.')[0].Select(c => char.IsLetterOrDigit(c) || c == '_' ? c : '_')]);
        return number == 0 && stem.Length > 0 ? stem : $"{stem}_{number + 1}";
    }

    static IEnumerable<string> Tokens(string sql)
    {
        for (var at = 0; at < sql.Length;)
        {
            var length = Length(sql.AsSpan(at));
            yield return sql.Substring(at, length);
            at += length;
        }
    }

    static int Length(ReadOnlySpan<char> rest)
    {
        if (rest.StartsWith("--")) return rest.IndexOf((char)10) is >= 0 and var line ? line + 1 : rest.Length;
        if (rest.StartsWith("/*")) return rest.IndexOf("*/") is >= 0 and var end ? end + 2 : rest.Length;
        switch (rest[0])
        {
            case '\'' or '"':
                return Quoted(rest);
            case var c when char.IsWhiteSpace(c):
                return Run(rest, char.IsWhiteSpace);
            case var c when char.IsLetterOrDigit(c) || c == '_':
                return Run(rest, x => char.IsLetterOrDigit(x) || x == '_');
            default:
                return 1;
        }
    }

    static int Quoted(ReadOnlySpan<char> rest)
    {
        for (var i = 1; i < rest.Length; i++)
        {
            if (rest[i] != rest[0]) continue;
            if (i + 1 < rest.Length && rest[i + 1] == rest[0]) i++;
            else return i + 1;
        }
        throw new UserErrorException($"The query has a text that isn't closed: {rest[..Math.Min(rest.Length, 40)]}");
    }

    static int Run(ReadOnlySpan<char> rest, Func<char, bool> belongs)
    {
        var length = 1;
        while (length < rest.Length && belongs(rest[length])) length++;
        return length;
    }
}
