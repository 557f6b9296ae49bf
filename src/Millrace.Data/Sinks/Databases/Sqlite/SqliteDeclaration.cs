namespace Millrace.Data;

/// <summary>The text by which SQLite keeps a table: <c>CREATE TABLE name (column type constraints, ..., table constraints)</c>.</summary>
static class SqliteDeclaration
{
    // What may follow a column's type.
    static readonly HashSet<string> Constraints = new(StringComparer.OrdinalIgnoreCase) { "constraint", "primary", "not", "null", "unique", "check", "default", "collate", "references", "generated", "as" };

    /// <summary>The text with another type for a column, all else as it was; null where the column or its type isn't found.</summary>
    internal static string? Retype(string sql, string column, string type)
    {
        var depth = 0;
        var begins = false;
        for (var at = 0; at < sql.Length;)
        {
            var end = EndOf(sql, at);
            if (begins && !IsBlank(sql, at))
            {
                begins = false;
                if (Unquoted(sql[at..end]).Equals(column, StringComparison.OrdinalIgnoreCase)) return WithType(sql, end, type);
            }
            depth += sql[at] == '(' ? 1 : sql[at] == ')' ? -1 : 0;
            if ((sql[at] == '(' && depth == 1) || (sql[at] == ',' && depth == 1)) begins = true;
            at = end;
        }
        return null;
    }

    // A type is words, and digits in brackets behind them.
    static string? WithType(string sql, int after, string type)
    {
        var (from, to, depth) = (-1, -1, 0);
        for (var at = after; at < sql.Length;)
        {
            var end = EndOf(sql, at);
            if (!IsBlank(sql, at))
            {
                if (sql[at] == '(' && from < 0) return null;
                if (depth == 0 && sql[at] is ',' or ')' || Constraints.Contains(sql[at..end])) break;
                depth += sql[at] == '(' ? 1 : sql[at] == ')' ? -1 : 0;
                if (from < 0) from = at;
                to = end;
            }
            at = end;
        }
        return from < 0 ? null : string.Concat(sql.AsSpan(0, from), type, sql.AsSpan(to));
    }

    static bool IsBlank(string sql, int at) => char.IsWhiteSpace(sql[at]) || sql.AsSpan(at).StartsWith("--") || sql.AsSpan(at).StartsWith("/*");

    // Where the word, quoted word, comment or sign ends that begins there.
    static int EndOf(string sql, int at)
    {
        var rest = sql.AsSpan(at);
        if (rest.StartsWith("--")) return rest.IndexOf('\n') is >= 0 and var line ? at + line + 1 : sql.Length;
        if (rest.StartsWith("/*")) return rest[2..].IndexOf("*/") is >= 0 and var comment ? at + comment + 4 : sql.Length;
        if (sql[at] is '"' or '\'' or '`' or '[')
        {
            var close = sql[at] == '[' ? ']' : sql[at];
            for (var i = at + 1; i < sql.Length; i++)
            {
                if (sql[i] != close) continue;
                // Doubled, it is part of the word.
                if (close == ']' || i + 1 == sql.Length || sql[i + 1] != close) return i + 1;
                i++;
            }
            return sql.Length;
        }
        var end = at + 1;
        if (IsWord(sql[at]))
            while (end < sql.Length && IsWord(sql[end])) end++;
        return end;
    }

    static bool IsWord(char c) => char.IsLetterOrDigit(c) || c is '_' or '$' || c > 0x7f;

    static string Unquoted(string word) => word[0] switch
    {
        '"' or '`' or '\'' => word[1..^1].Replace($"{word[0]}{word[0]}", $"{word[0]}", StringComparison.Ordinal),
        '[' => word[1..^1],
        _ => word,
    };
}
