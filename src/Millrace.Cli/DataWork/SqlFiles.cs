using System.Text;

namespace Millrace.Cli.DataWork;

/// <summary>
/// Finds the files that a query names where a table could stand (<c>from 'orders/*.csv'</c>), and gives each a name that
/// the query can be run with. Text elsewhere, and in comments, stays as it is.
/// </summary>
static class SqlFiles
{
    // What stands between the FROM of these and their bracket is a text or a time.
    static readonly string[] functions = ["extract", "substring", "trim", "overlay"];

    // A comma behind one of these parts no tables any more.
    static readonly string[] ends = ["where", "group", "having", "window", "qualify", "order", "limit", "offset", "union", "except", "intersect", "select"];

    /// <returns>The query with names in the places of files, and which file each of them is.</returns>
    internal static (string Sql, IReadOnlyList<(string Name, string Location)> Files) Find(string sql)
    {
        var text = new StringBuilder();
        var files = new List<(string Name, string Location)>();
        var clauses = new Stack<Clause>([new Clause(IsFunction: false)]);
        var (tablesMayCome, word) = (false, "");
        foreach (var token in SqlText.Tokens(sql))
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
            if (SqlText.IsBlank(token)) continue;
            tablesMayCome = TablesMayCome(token.ToLowerInvariant(), word, clauses);
            word = token.ToLowerInvariant();
        }
        return (text.ToString(), files);
    }

    static bool TablesMayCome(string token, string before, Stack<Clause> clauses)
    {
        var clause = clauses.Peek();
        switch (token)
        {
            case "(":
                clauses.Push(new Clause(functions.Contains(before)));
                // from ('a.csv' join ...)
                return clause.IsFrom && before is "from" or "join" or ",";
            case ")":
                if (clauses.Count > 1) clauses.Pop();
                return false;
            case "from":
                clause.IsFrom = !clause.IsFunction;
                return clause.IsFrom;
            case ",":
                return clause.IsFrom;
            default:
                if (ends.Contains(token)) clause.IsFrom = false;
                return token == "join";
        }
    }

    // After a file's own name, so that `orders.amount` finds it; a number keeps two files of one name apart.
    static string NameOf(string location, int number)
    {
        var name = Path.GetFileName(location[(location.LastIndexOf('!') + 1)..].TrimEnd('/', '\\'));
        var stem = new string([.. name.Split('.')[0].Select(c => char.IsLetterOrDigit(c) || c == '_' ? c : '_')]);
        return number == 0 && stem.Length > 0 ? stem : $"{stem}_{number + 1}";
    }

    /// <summary>What lies between two brackets.</summary>
    sealed class Clause(bool IsFunction)
    {
        internal bool IsFunction { get; } = IsFunction;
        internal bool IsFrom { get; set; }
    }
}
