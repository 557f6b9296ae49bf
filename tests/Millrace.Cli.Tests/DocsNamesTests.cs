using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Millrace.Cli.Tests;

/// <summary>What the documents call by a name in code is there by that name.</summary>
public sealed partial class DocsNamesTests
{
    // Words of others: a package, cron's letters, the comparisons' own example.
    static readonly HashSet<string> foreign = ["SQLitePCLRaw", "L", "W", "LW", "FRIL", "PlazaId", "Async"];

    [Fact]
    public void Names_in_the_documents_are_names_in_the_code()
    {
        var root = Root();
        var known = Known(root);
        var gone = Directory.EnumerateFiles(Path.Combine(root, "docs"), "*.md", SearchOption.AllDirectories)
            .SelectMany(file => Name().Matches(File.ReadAllText(file)).Select(m => (File: Path.GetRelativePath(root, file), Name: m.Groups[1].Value)))
            .Where(n => !known.Contains(n.Name))
            .Select(n => $"{n.File}: `{n.Name}`")
            .Distinct()
            .ToList();
        Assert.True(gone.Count == 0, $"No type, member or folder has these names. Correct the documents:\n{string.Join('\n', gone)}");
    }

    static HashSet<string> Known(string root)
    {
        var ours = Directory.EnumerateFiles(AppContext.BaseDirectory, "*illrace*.dll").Select(Assembly.LoadFrom);
        var types = ours.SelectMany(a => a.GetTypes()).ToList();
        return
        [
            .. foreign,
            .. types.Select(Bare),
            .. types.SelectMany(t => t.GetMembers(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly)).Select(m => m.Name),
            .. AppDomain.CurrentDomain.GetAssemblies().Append(typeof(Regex).Assembly).Append(typeof(Console).Assembly).Where(a => a.GetName().Name is { } n && n.StartsWith("System", StringComparison.Ordinal)).SelectMany(a => a.GetExportedTypes()).Select(Bare),
            .. Directory.EnumerateDirectories(Path.Combine(root, "src"), "*", SearchOption.AllDirectories).Select(f => Path.GetFileName(f)),
        ];
    }

    static string Bare(Type type) => type.Name.Split('`')[0];

    static string Root([CallerFilePath] string here = "")
    {
        var folder = Path.GetDirectoryName(here)!;
        while (!File.Exists(Path.Combine(folder, "Millrace.slnx"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }

    [GeneratedRegex(@"`([A-Z][A-Za-z0-9]*)(?:<[A-Za-z, ]*>)?`")]
    private static partial Regex Name();
}
