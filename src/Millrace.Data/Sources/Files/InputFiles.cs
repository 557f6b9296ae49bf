namespace Millrace.Data;

/// <summary>
/// Finds the files that a source was told to read, in an order that doesn't change from run to run.
/// <code>
/// readings.csv                    a file; .gz, .br and .zst are unpacked on the way
/// data/**/*.csv   {a,b}.csv       all files that match
/// data/                           all files in the folder and below, but for those that start with . or _
/// data/year=2026/month=7/x.csv    in a folder or a pattern: each row has the columns year and month
/// toll.tgz!*.csv   a.zip!x.json   members of an archive (.zip, .tar, .tgz, .tar.gz); without !, all of them
/// </code>
/// </summary>
static class InputFiles
{
    /// <exception cref="FileNotFoundException">A path or pattern leads to no file.</exception>
    internal static IReadOnlyList<InputFile> Find(IEnumerable<string> paths, InputLimits? limits = null)
    {
        limits ??= InputLimits.Default;
        var found = new List<InputFile>();
        foreach (var path in paths)
        {
            var before = found.Count;
            var (outer, member) = Archive.Split(path);
            foreach (var file in OnDisk(outer))
            {
                if (Archive.Is(file.Name)) found.AddRange(Archive.Members(file, member, limits));
                else if (member is null) found.Add(Packing.Unpacked(file, limits));
            }
            if (found.Count == before) throw Nothing(path, outer, member);
        }
        return found.Count > 0 ? found : throw new ArgumentException("No path was given to read.", nameof(paths));
    }

    /// <inheritdoc cref="Find(IEnumerable{string}, InputLimits?)"/>
    internal static IReadOnlyList<InputFile> Find(string path, InputLimits? limits = null) => Find([path], limits);

    /// <summary>The folder below which all files lie that a path, a folder or a pattern names.</summary>
    internal static string RootOf(string path)
    {
        if (OperatingSystem.IsWindows()) path = path.Replace('\\', '/');
        if (Directory.Exists(path)) return path;
        return !File.Exists(path) && Glob.IsPattern(path) ? new Glob(path).Root : Path.GetDirectoryName(path)!;
    }

    /// <summary>The files on disk that a path, a folder or a pattern names, archives as they are; none where nothing is there.</summary>
    internal static IEnumerable<InputFile> OnDisk(string path)
    {
        if (OperatingSystem.IsWindows()) path = path.Replace('\\', '/');
        if (File.Exists(path)) return [InputFile.At(path)];
        if (Directory.Exists(path)) return Below(path.TrimEnd('/') is { Length: > 0 } folder ? folder : "/", 64, IsVisible);
        if (!Glob.IsPattern(path)) return [];
        var glob = new Glob(path);
        var root = glob.Root.Length == 0 ? "." : glob.Root;
        return Directory.Exists(root) ? Below(glob.Root, glob.Depth, (_, whole) => glob.Matches(whole)) : [];
    }

    static IEnumerable<InputFile> Below(string root, int depth, Func<string, string, bool> wanted)
    {
        var folder = root.Length == 0 ? "." : root;
        var options = new EnumerationOptions { RecurseSubdirectories = depth > 0, MaxRecursionDepth = depth, AttributesToSkip = 0, IgnoreInaccessible = false };
        var prefix = root.Length == 0 ? "" : root.EndsWith('/') ? root : $"{root}/";
        return Directory.EnumerateFiles(folder, "*", options)
            .Select(f => Path.GetRelativePath(folder, f).Replace(Path.DirectorySeparatorChar, '/'))
            .Where(f => wanted(f, prefix + f))
            .Order(StringComparer.Ordinal)
            .Select(f => InputFile.At(prefix + f).With(PartitionsOf(Fixed(root) + f)));
    }

    // The folders that were named are part of what the rows are, if they say so: data/year=2026 has a year.
    static string Fixed(string root)
    {
        var named = root.Split('/').Reverse().TakeWhile(s => s.Contains('=', StringComparison.Ordinal)).Reverse();
        return string.Concat(named.Select(s => $"{s}/"));
    }

    static List<KeyValuePair<string, string>> PartitionsOf(string relative) =>
        [.. relative.Split('/')[..^1].Where(s => s.IndexOf('=', StringComparison.Ordinal) > 0).Select(s => s.Split('=', 2)).Select(p => KeyValuePair.Create(Uri.UnescapeDataString(p[0]), Uri.UnescapeDataString(p[1])))];

    static bool IsVisible(string relative, string whole) => !relative.Split('/').Any(s => s[0] is '.' or '_');

    static FileNotFoundException Nothing(string path, string outer, string? member) => member is not null
        ? new($"No member of '{outer}' matches '{member}'.", path)
        : Directory.Exists(outer) ? new($"There are no files in the folder '{Path.GetFullPath(outer)}'.", path)
        : Glob.IsPattern(outer) ? new($"No file matches '{outer}' in '{Path.GetFullPath(".")}'.", path)
        : new($"There is no file '{Path.GetFullPath(outer)}'.", path);
}
