using Millrace.Hosting.Settings;

namespace Millrace.Cli.Running;

/// <summary>The DAGs that a fresh home folder begins with.</summary>
static class Samples
{
    static string Shipped => Path.Combine(AppContext.BaseDirectory, "samples");

    /// <summary>Copies them if nobody has used this home folder: they are the user's then, to change and to delete.</summary>
    /// <returns>Whether they were copied.</returns>
    internal static bool CopyInto(MillraceSettings settings)
    {
        if (File.Exists(settings.DatabaseFile) || !Directory.Exists(Shipped)) return false;
        if (Directory.Exists(settings.DagFolder) && Directory.EnumerateFileSystemEntries(settings.DagFolder).Any()) return false;
        foreach (var file in Directory.EnumerateFiles(Shipped, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(settings.DagFolder, Path.GetRelativePath(Shipped, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        return true;
    }
}
