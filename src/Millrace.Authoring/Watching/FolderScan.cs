using Millrace.Authoring.Bundles;

namespace Millrace.Authoring.Watching;

/// <summary>One source: a file, or a project with all its files.</summary>
/// <param name="Name">Of the .cs or .csproj file, relative to the DAG folder, with slashes.</param>
/// <param name="Files">What it is compiled from, its own first, then the shared ones; in a fixed order.</param>
sealed record DagSource(string Name, bool IsProject, IReadOnlyList<FileStamp> Files)
{
    public bool LooksLike(IReadOnlyList<FileStamp> files) => Files.SequenceEqual(files);
}

/// <summary>
/// Finds the sources in a DAG folder. Every .cs file is one; files under a folder named <c>shared</c>, or under a name that
/// begins with <c>_</c>, are compiled into each of them instead. A folder with a .csproj is one source, with all it holds;
/// the DAG folder's own .csproj is for editors and is passed over, as are bin, obj, names that begin with a dot and every
/// folder inside that holds a file named <c>.millraceignore</c>.
/// </summary>
static class FolderScan
{
    const string IgnoreFile = ".millraceignore";

    /// <exception cref="IOException">The folder can't be read: not the same as an empty one.</exception>
    public static IReadOnlyList<DagSource> Read(string root)
    {
        var files = new List<FileStamp>();
        var shared = new List<FileStamp>();
        var sources = new List<DagSource>();
        Walk(new DirectoryInfo(root), "", isShared: false);
        shared.Sort(ByName);
        foreach (var file in files) sources.Add(new(file.Name, false, [file, .. shared]));
        sources.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return sources;

        void Walk(DirectoryInfo folder, string prefix, bool isShared)
        {
            if (prefix.Length > 0 && File.Exists(Path.Combine(folder.FullName, IgnoreFile))) return;
            var entries = folder.EnumerateFileSystemInfos().Where(entry => !IsIgnored(entry)).ToList();
            if (prefix.Length > 0 && entries.OfType<FileInfo>().Where(f => f.Extension == ".csproj").MinBy(f => f.Name, StringComparer.Ordinal) is { } project)
            {
                var content = new List<FileStamp>();
                Collect(folder, prefix, content);
                content.Sort(ByName);
                sources.Add(new(prefix + project.Name, true, content));
                return;
            }
            foreach (var entry in entries)
            {
                var sharedHere = isShared || entry.Name == "shared" || entry.Name[0] == '_';
                if (entry is DirectoryInfo inner) Walk(inner, prefix + inner.Name + "/", sharedHere);
                else if (entry.Extension == ".cs") (sharedHere ? shared : files).Add(Stamp((FileInfo)entry, prefix));
            }
        }
    }

    static void Collect(DirectoryInfo folder, string prefix, List<FileStamp> into)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos().Where(entry => !IsIgnored(entry)))
        {
            if (entry is DirectoryInfo inner) Collect(inner, prefix + inner.Name + "/", into);
            else into.Add(Stamp((FileInfo)entry, prefix));
        }
    }

    static bool IsIgnored(FileSystemInfo entry) =>
        entry.Name[0] == '.' || entry is DirectoryInfo && entry.Name is "bin" or "obj" or "node_modules";

    // A file that can't be looked at, such as a dangling link, is still a source: reading it says why.
    static FileStamp Stamp(FileInfo file, string prefix) =>
        file.Exists ? new(prefix + file.Name, file.Length, file.LastWriteTimeUtc.Ticks) : new(prefix + file.Name, -1, 0);

    static int ByName(FileStamp a, FileStamp b) => string.CompareOrdinal(a.Name, b.Name);
}
