using System.Globalization;
using System.Text.Json;

namespace Millrace.Data;

/// <summary>By what a file is known to be one that was loaded.</summary>
public enum FileIdentity
{
    /// <summary>Its name, size and time of change: a file that was written over is new.</summary>
    NameSizeAndTime,

    /// <summary>Its content: a file that was only renamed or copied is not new.</summary>
    Content,

    /// <summary>Its time of change: files changed since the latest that was loaded, and those of that very moment that weren't there.</summary>
    TimeOfChange,
}

/// <summary>
/// The files that no earlier load of a target had. Read <see cref="Files"/>, and give the bookmark to the load: what was
/// loaded is remembered in the commit that loads it, so a load that died is read again.
/// </summary>
public sealed class FileBookmark
{
    readonly Dictionary<string, string> seen;

    readonly string? began;

    FileBookmark(string name, IReadOnlyList<string> files, string? began, Dictionary<string, string> seen) => (Name, Files, this.began, this.seen) = (name, files, began, seen);

    public string Name { get; }

    /// <summary>In the order of their names; empty where nothing is new.</summary>
    public IReadOnlyList<string> Files { get; }

    internal BookmarkMove Move => new(Name, began, JsonSerializer.Serialize(seen));

    /// <param name="pattern">A file, a folder or a pattern as sources take them: <c>in/*.csv</c>, <c>in/**/{a,b}.csv</c>. Files whose names start with a dot are left out: they are being written.</param>
    /// <param name="name">What the state is kept under: two patterns that feed one target have two names.</param>
    public static async Task<FileBookmark> NewAsync(string pattern, LoadTarget target, FileIdentity by = FileIdentity.NameSizeAndTime, string name = "files", CancellationToken cancel = default)
    {
        var state = await target.ReadStateAsync(name, cancel).ConfigureAwait(false);
        var seen = state is null ? [] : JsonSerializer.Deserialize<Dictionary<string, string>>(state)!;
        var folder = InputFiles.RootOf(Path.GetFullPath(pattern));
        if (!Directory.Exists(folder)) throw new LoadException($"There is no folder '{folder}' to look for new files in. Create it, or correct '{pattern}'.");
        var found = InputFiles.OnDisk(Path.GetFullPath(pattern)).Select(file => new FileInfo(file.Path!)).ToList();
        var fresh = new List<string>();
        var latest = by == FileIdentity.TimeOfChange && seen.Count > 0 ? seen.Values.Max(StringComparer.Ordinal) : null;
        foreach (var file in found)
        {
            var time = file.LastWriteTimeUtc.ToString("O", CultureInfo.InvariantCulture);
            // Two folders may have files of one name.
            var path = Path.GetRelativePath(folder, file.FullName).Replace(Path.DirectorySeparatorChar, '/');
            var (mark, value) = by switch
            {
                FileIdentity.Content => (await DurableFile.Sha256Async(file.FullName, cancel).ConfigureAwait(false), path),
                FileIdentity.TimeOfChange => (path, time),
                _ => (path, string.Create(CultureInfo.InvariantCulture, $"{file.Length} {time}")),
            };
            var isOld = latest is not null && string.CompareOrdinal(time, latest) < 0;
            var isKnown = seen.TryGetValue(mark, out var known) && (by == FileIdentity.Content || known == value);
            if (isOld || isKnown) continue;
            seen[mark] = value;
            fresh.Add(file.FullName);
        }
        return new FileBookmark(name, fresh, state, seen);
    }
}
