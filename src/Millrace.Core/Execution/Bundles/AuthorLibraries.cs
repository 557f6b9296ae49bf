using System.Collections.Immutable;

namespace Millrace.Execution;

/// <summary>
/// The libraries of ours that DAG code is compiled against and shares with the process it runs in. A host that ships
/// without one of them simply has no such types to offer.
/// </summary>
static class AuthorLibraries
{
    public static readonly ImmutableArray<string> Names = ["Millrace.Core", "Millrace.Plans", "Millrace.Data", "Millrace.Kafka", "Millrace.Operators"];

    /// <summary>Those that lie beside this one.</summary>
    public static IReadOnlyList<string> Paths { get; } = Find();

    static List<string> Find()
    {
        var folder = Path.GetDirectoryName(typeof(AuthorLibraries).Assembly.Location)!;
        return [.. Names.Select(name => Path.Combine(folder, name + ".dll")).Where(File.Exists)];
    }
}
