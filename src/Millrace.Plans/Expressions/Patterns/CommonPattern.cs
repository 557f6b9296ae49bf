namespace Millrace.Plans;

/// <summary>
/// A regular expression that all engines run and that means the same in each: it is read once, and written for RE2 and
/// PostgreSQL and for .NET from what was read. Classes are ASCII, <c>.</c> is all but a line feed, <c>$</c> is the text's
/// very end, and characters are code points.
/// </summary>
/// <param name="Sql">For RE2, which is DuckDB's, and for PostgreSQL.</param>
/// <param name="Net">For .NET without options.</param>
/// <param name="Groups">How many groups capture; they are numbered from 1 by their opening brackets.</param>
/// <param name="MayBeEmpty">Whether it can match between two characters. Engines differ in where they find such matches.</param>
/// <param name="MayMissGroup">Whether a group may have taken no part in a match. RE2 doesn't tell that from an empty one.</param>
/// <param name="HasOneMatch">Whether at each place only one match is possible, so that the first that .NET finds is the longest, which is PostgreSQL's.</param>
sealed record CommonPattern(string Sql, string Net, int Groups, bool MayBeEmpty, bool MayMissGroup, bool HasOneMatch)
{
    /// <exception cref="PlanException">It says something that engines read differently, or not at all.</exception>
    internal static CommonPattern Read(string pattern) => new PatternReader(pattern).Read();

    internal static bool Holds(string pattern)
    {
        try
        {
            Read(pattern);
            return true;
        }
        catch (PlanException)
        {
            return false;
        }
    }

    /// <summary>Refuses calls whose pattern, group or replacement isn't one that all engines have; none for other functions.</summary>
    internal static void Check(CallExpr call)
    {
        if (call.Function.Name is not ("matches" or "extract" or "replace_pattern")) return;
        if (call.Arguments[1] is not LiteralExpr { Value: string text }) throw new PlanException($"The pattern of '{call.Function.Name}' must be a constant text.");
        var pattern = Read(text);
        switch (call)
        {
            case { Function.Name: "extract", Arguments: [_, _, var group] }:
                if (GroupOf(group) is not { } number) throw new PlanException($"The group to extract by '{text}' must be a constant number. Groups are numbered from 1 by their opening brackets; 0 is the whole match.");
                if (number < 0 || number > pattern.Groups) throw new PlanException($"The pattern '{text}' has no group {number}: it has {pattern.Groups}, and 0 is the whole match.");
                break;
            case { Function.Name: "replace_pattern", Arguments: [_, _, LiteralExpr { Value: string replacement }] }:
                CheckReplacement(text, pattern, replacement);
                break;
        }
    }

    internal static int? GroupOf(Expr group) => group is LiteralExpr { Value: short or int or long } literal
        ? (int)Math.Clamp(Convert.ToInt64(literal.Value, System.Globalization.CultureInfo.InvariantCulture), int.MinValue, int.MaxValue)
        : null;

    static void CheckReplacement(string text, CommonPattern pattern, string replacement)
    {
        for (var i = 0; i < replacement.Length; i++)
        {
            if (replacement[i] != '\\') continue;
            var next = ++i < replacement.Length ? replacement[i] : ' ';
            if (next == '\\') continue;
            if (!char.IsAsciiDigit(next)) throw new PlanException($@"The replacement '{replacement}' has a backslash before '{next}'. \1 is what the first group holds, \0 the whole match, and a backslash itself is written twice.");
            if (next - '0' > pattern.Groups) throw new PlanException($"The replacement '{replacement}' names group {next}, and the pattern '{text}' has {pattern.Groups}.");
        }
    }
}
