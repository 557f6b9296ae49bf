using System.Runtime.InteropServices;

namespace Millrace.Data;

/// <summary>
/// A file that is there whole or not at all: it is written beside its place, under a name that starts with a dot, brought
/// to the disk, and then renamed into its place in one step, over what is there.
/// </summary>
sealed class AtomicFile : IDisposable
{
    readonly string path;
    bool published;

    internal AtomicFile(string path)
    {
        this.path = Path.GetFullPath(path);
        if (Directory.Exists(this.path)) throw new IOException($"'{path}' is a folder, and a file was to be written there. Name the file.");
        var folder = Path.GetDirectoryName(this.path)!;
        try
        {
            Directory.CreateDirectory(folder);
            // The end of the name stays: it says the format and how the file is packed.
            TempPath = Path.Combine(folder, $".{Guid.NewGuid():N}.writing.{Path.GetFileName(this.path)}");
            // Made here, so that a place that can't be written to is named as what it is.
            File.Create(TempPath, 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new IOException($"'{path}' can't be written: {Reason(e, folder)} Give another path, or the right to write there.", e);
        }
    }

    // The system's words name the file that nobody asked for.
    static string Reason(Exception e, string folder) => e is UnauthorizedAccessException ? $"access to the folder '{folder}' is denied." : $"the folder '{folder}' takes no file.";

    /// <summary>Where to write.</summary>
    internal string TempPath { get; }

    /// <summary>Makes the file visible and says its size.</summary>
    internal long Publish()
    {
        var length = Disk.Flush(TempPath);
        File.Move(TempPath, path, overwrite: true);
        published = true;
        Disk.FlushFolder(Path.GetDirectoryName(path)!);
        return length;
    }

    public void Dispose()
    {
        if (!published) File.Delete(TempPath);
    }
}

/// <summary>Steps of the file system that .NET doesn't name.</summary>
static partial class Disk
{
    const int AtCurrentFolder = -100, Exchange = 2, ReadOnly = 0, Swap = 2;

    /// <summary>Whether it is the disk that refused. A file that outgrows what the system lets one have is an argument out of range to .NET.</summary>
    internal static bool Refused(Exception error) => error is IOException or ArgumentOutOfRangeException { ParamName: "value" };

    /// <summary>Returns when the file's content is on the disk; gives its length.</summary>
    internal static long Flush(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(file);
        return RandomAccess.GetLength(file);
    }

    /// <summary>Returns when the names in the folder are on the disk. Windows keeps them there without being asked.</summary>
    internal static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var handle = Open(folder, ReadOnly);
        if (handle < 0) return;
        // Some file systems refuse this for folders; they have no other way to offer.
        _ = Synchronise(handle);
        _ = Close(handle);
    }

    /// <summary>Lets two folders change places in one step; false where the system has no such step.</summary>
    internal static bool TryExchange(string one, string other)
    {
        try
        {
            if (OperatingSystem.IsLinux()) return RenameAt(AtCurrentFolder, one, AtCurrentFolder, other, Exchange) == 0;
            if (OperatingSystem.IsMacOS()) return RenameSwapping(one, other, Swap) == 0;
        }
        catch (EntryPointNotFoundException)
        {
            // A C library that is older than the call.
        }
        return false;
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Synchronise(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "renamex_np", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameSwapping(string from, string to, uint flags);
}
