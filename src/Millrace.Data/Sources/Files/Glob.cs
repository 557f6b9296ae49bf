using System.Text;
using System.Text.RegularExpressions;

namespace Millrace.Data;

/// <summary>
/// Names of files with blanks in them.
/// <code>
/// *        anything within one name     **       any folders, none included
/// ?        one character                [a-c]    one of these          {csv,tsv}   one of these words
/// </code>
/// A blank doesn't match a dot at the start of a name, so hidden and half-written files are left out.
/// </summary>
sealed class Glob
{
    readonly Regex regex;

    internal Glob(string pattern)
    {
        var segments = pattern.Split('/');
        var folder = segments.TakeWhile(s => !IsPattern(s)).Count();
        Root = string.Join('/', segments[..Math.Min(folder, segments.Length - 1)]);
        if (Root.Length == 0 && pattern.StartsWith('/')) Root = "/";
        Depth = segments.Contains("**") ? 64 : Math.Max(0, segments.Length - 1 - folder);
        regex = new Regex(Translate(pattern), RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
    }

    /// <summary>The folder below which all matches lie; empty for the current one.</summary>
    internal string Root { get; }

    /// <summary>How many folders below the root a match can lie.</summary>
    internal int Depth { get; }

    internal static bool IsPattern(string path) => path.AsSpan().ContainsAny("*?[{");

    internal bool Matches(string path) => regex.IsMatch(path) && !path.Split('/').Any(s => s.Length > 1 && s[0] == '.' && s != "..");

    static string Translate(string pattern)
    {
        var text = new StringBuilder("^");
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*' when pattern.AsSpan(i).StartsWith("**/"):
                    text.Append("(?:.*/)?");
                    i += 2;
                    break;
                case '*' when pattern.AsSpan(i).StartsWith("**"):
                    text.Append(".*");
                    i++;
                    break;
                case '*':
                    text.Append("[^/]*");
                    break;
                case '?':
                    text.Append("[^/]");
                    break;
                case '[' when pattern.IndexOf(']', i + 1) is > 0 and var end:
                    text.Append('[').Append(pattern[i + 1] is '!' or '^' ? "^" : "");
                    text.Append(Regex.Escape(pattern[(i + (pattern[i + 1] is '!' or '^' ? 2 : 1))..end]).Replace(@"\-", "-", StringComparison.Ordinal)).Append(']');
                    i = end;
                    break;
                case '{' when pattern.IndexOf('}', i + 1) is > 0 and var end:
                    text.Append("(?:").AppendJoin('|', pattern[(i + 1)..end].Split(',').Select(Regex.Escape)).Append(')');
                    i = end;
                    break;
                default:
                    text.Append(Regex.Escape(pattern[i].ToString()));
                    break;
            }
        }
        return text.Append('$').ToString();
    }
}
