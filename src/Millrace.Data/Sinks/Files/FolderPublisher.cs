using System.Text.RegularExpressions;

namespace Millrace.Data;

/// <summary>What becomes of the files that a folder has when others are written to it.</summary>
public enum FolderWrite
{
    /// <summary>The new files take the place of all others, in one step.</summary>
    Replace,

    /// <summary>The new files are added under names of their own. Each is there whole or not at all; of several, a kill may leave the first ones.</summary>
    Append,

    /// <summary>Folders of partitions that have rows are replaced, each in one step, and the others stay. A kill may leave some of them replaced.</summary>
    ReplacePartitions,
}

/// <summary>Brings files that were written beside a folder into their place.</summary>
sealed partial class FolderPublisher : IDisposable
{
    readonly FolderWrite write;
    readonly string target;
    readonly Guid load = Guid.CreateVersion7();

    internal FolderPublisher(string folder, FolderWrite write)
    {
        this.write = write;
        target = Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar);
        if (File.Exists(target)) throw new IOException($"'{folder}' is a file, and a folder was to be written there. Name the folder.");
        if (write == FolderWrite.Replace) MustBeOurs(target);
        Staging = Path.Combine(Path.GetDirectoryName(target)!, $".{load:N}.writing.{Path.GetFileName(target)}");
        Directory.CreateDirectory(Staging);
    }

    /// <summary>Where to write.</summary>
    internal string Staging { get; }

    /// <summary>Whether no rows change nothing; else they are one empty file, where readers find the columns.</summary>
    internal bool TakesNothing => write != FolderWrite.Replace && Directory.Exists(target);

    /// <summary>The name of a file, but for its end. Files that are added sort behind those before them.</summary>
    internal string NameOf(int number) => write == FolderWrite.Append ? $"part-{load:N}-{number:00000}" : $"part-{number:00000}";

    /// <summary>Makes the files visible; they are on the disk already.</summary>
    internal void Publish()
    {
        if (!Directory.Exists(target)) Directory.Move(Staging, target);
        else if (write == FolderWrite.Append) Append();
        else if (write == FolderWrite.ReplacePartitions) ReplacePartitions();
        else Exchange(Staging, target);
        Disk.FlushFolder(Path.GetDirectoryName(target)!);
    }

    void Append()
    {
        foreach (var folder in Folders())
        {
            var place = PlaceOf(folder);
            Directory.CreateDirectory(place);
            foreach (var file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)) File.Move(file, Path.Combine(place, Path.GetFileName(file)));
            FlushUpwards(place);
        }
    }

    void ReplacePartitions()
    {
        var folders = Folders();
        // Before the first is touched.
        foreach (var folder in folders) MustBeOurs(PlaceOf(folder));
        foreach (var folder in folders)
        {
            var place = PlaceOf(folder);
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            if (Directory.Exists(place)) Exchange(folder, place);
            else Directory.Move(folder, place);
            FlushUpwards(Path.GetDirectoryName(place)!);
        }
    }

    // Those that files are in.
    List<string> Folders() =>
        [.. Directory.EnumerateFiles(Staging, "*", SearchOption.AllDirectories).Select(f => Path.GetDirectoryName(f)!).Distinct().Order(StringComparer.Ordinal)];

    string PlaceOf(string folder) => Path.GetFullPath(Path.Combine(target, Path.GetRelativePath(Staging, folder)));

    static void Exchange(string written, string place)
    {
        if (Disk.TryExchange(written, place)) return;
        // Two steps where the system has no single one: between them readers find no folder.
        var old = $"{written}.old";
        Directory.Move(place, old);
        Directory.Move(written, place);
        Directory.Delete(old, recursive: true);
    }

    void FlushUpwards(string folder)
    {
        for (var at = folder; at.Length >= target.Length; at = Path.GetDirectoryName(at)!) Disk.FlushFolder(at);
    }

    // What is replaced is gone: a folder that holds anything but such files was surely named by mistake.
    void MustBeOurs(string folder)
    {
        if (!Directory.Exists(folder)) return;
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            if (!PartName().IsMatch(Path.GetFileName(file)) || (folder != target && Path.GetDirectoryName(file) != folder))
                throw new IOException($"The folder '{folder}' would be replaced, and it holds '{Path.GetRelativePath(folder, file)}', which isn't a part of a set of files. Name an empty or new folder.");
        }
    }

    [GeneratedRegex(@"^part-([0-9a-f]{32}-)?\d{5,}\.")]
    private static partial Regex PartName();

    /// <summary>Removes what isn't in its place, and what was.</summary>
    public void Dispose()
    {
        if (Directory.Exists(Staging)) Directory.Delete(Staging, recursive: true);
    }
}
