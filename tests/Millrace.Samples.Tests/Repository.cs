using System.Runtime.CompilerServices;

namespace Millrace.Samples.Tests;

static class Repository
{
    internal static string Samples { get; } = Path.GetFullPath(Path.Combine(Here(), "..", "..", "samples"));

    static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
