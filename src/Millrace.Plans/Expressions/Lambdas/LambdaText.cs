using System.Linq.Expressions;
using System.Text.RegularExpressions;

namespace Millrace.Plans;

/// <summary>A part of a lambda as people wrote it, near enough.</summary>
static partial class LambdaText
{
    internal static string Of(Expression node)
    {
        var text = Captured().Replace(node.ToString(), "");
        text = Converted().Replace(text, "$1");
        text = text.Length > 0 && text[0] == '(' && text[^1] == ')' && node is BinaryExpression ? text[1..^1] : text;
        return text.Length <= 120 ? text : $"{text.AsSpan(0, 117)}...";
    }

    [GeneratedRegex(@"value\([^()]*DisplayClass[^()]*\)\.")]
    private static partial Regex Captured();

    [GeneratedRegex(@"Convert\(([\w.]+), \w+(?:`1)?\)")]
    private static partial Regex Converted();
}
