using System.Text.RegularExpressions;

namespace Millrace.Plans;

/// <summary>Regular expressions that .NET, RE2 and PostgreSQL read alike.</summary>
static partial class CommonPattern
{
    /// <summary>False for look-around, back-references, atomic and named groups, inline options, Unicode classes and lazy anchors.</summary>
    internal static bool Holds(string pattern) => !Foreign().IsMatch(pattern);

    [GeneratedRegex(@"\(\?(?!:)|\\[1-9AzZbBGkKpPQEuxc]|\[\[|-\[|[+*?}]\+")]
    private static partial Regex Foreign();
}
