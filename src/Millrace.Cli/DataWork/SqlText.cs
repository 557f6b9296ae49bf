using System.Text;

namespace Millrace.Cli.DataWork;

/// <summary>SQL cut into words, texts, comments and signs, and into statements.</summary>
static class SqlText
{
    /// <summary>The statements that semicolons part; what says nothing is none.</summary>
    internal static IReadOnlyList<string> Statements(string sql)
    {
        var statements = new List<string>();
        var (text, says) = (new StringBuilder(), false);
        foreach (var token in Tokens(sql))
        {
            if (token == ";") End();
            else
            {
                text.Append(token);
                says |= !IsBlank(token);
            }
        }
        End();
        return statements;

        void End()
        {
            if (says) statements.Add(text.ToString().Trim());
            text.Clear();
            says = false;
        }
    }

    internal static bool IsBlank(string token) => char.IsWhiteSpace(token[0]) || token.StartsWith("--", StringComparison.Ordinal) || token.StartsWith("/*", StringComparison.Ordinal);

    internal static IEnumerable<string> Tokens(string sql)
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
            case '$' when Dollar(rest) is { } dollar:
                return dollar;
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

    // $$text$$ and $tag$text$tag$; a parameter ($1) is none.
    static int? Dollar(ReadOnlySpan<char> rest)
    {
        var tag = Run(rest, x => char.IsLetterOrDigit(x) || x == '_');
        if (tag >= rest.Length || rest[tag] != '$') return null;
        var mark = rest[..(tag + 1)];
        return rest[mark.Length..].IndexOf(mark) is >= 0 and var end ? mark.Length + end + mark.Length : null;
    }

    static int Run(ReadOnlySpan<char> rest, Func<char, bool> belongs)
    {
        var length = 1;
        while (length < rest.Length && belongs(rest[length])) length++;
        return length;
    }
}
