using System.IO.Enumeration;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Millrace.Broker.Files;

/// <summary>A folder of the operating system's.</summary>
sealed class RealFolder(string path) : DiskFolder
{
    internal override string Path => path;

    internal override DiskFolder Folder(string name) => new RealFolder(System.IO.Path.Combine(path, name));

    internal override bool Exists => Directory.Exists(path);

    internal override void Create() => Directory.CreateDirectory(path);

    internal override IReadOnlyList<FileEntry> Files() => [.. new FileSystemEnumerable<FileEntry>(path, (ref FileSystemEntry entry) => new(entry.FileName.ToString(), entry.Length))
    {
        ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory,
    }];

    internal override IReadOnlyList<string> FolderNames() => [.. Directory.EnumerateDirectories(path).Select(System.IO.Path.GetFileName)!];

    internal override DiskFile Open(string name, bool mustExist = false) => new RealFile(System.IO.Path.Combine(path, name), mustExist);

    internal override void Delete(string name) => File.Delete(System.IO.Path.Combine(path, name));

    internal override void Rename(string from, string to) => File.Move(System.IO.Path.Combine(path, from), System.IO.Path.Combine(path, to), overwrite: true);

    internal override void DeleteFolder(string name)
    {
        var whole = System.IO.Path.Combine(path, name);
        if (Directory.Exists(whole)) Directory.Delete(whole, recursive: true);
    }

    internal override void Flush()
    {
        // Windows keeps names with the files that they are of, and can't open a folder for this.
        if (OperatingSystem.IsWindows()) return;
        var folder = Posix.OpenFolder(path, 0);
        if (folder < 0) throw new IOException($"The folder '{path}' can't be opened to be written to the disk: {Marshal.GetLastPInvokeErrorMessage()}");
        try
        {
            if (Posix.Sync(folder) != 0) throw new IOException($"The folder '{path}' can't be written to the disk: {Marshal.GetLastPInvokeErrorMessage()}");
        }
        finally
        {
            _ = Posix.Close(folder);
        }
    }
}

sealed class RealFile(string path, bool mustExist) : DiskFile
{
    readonly SafeFileHandle handle = File.OpenHandle(path, mustExist ? FileMode.Open : FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    internal override long Length => RandomAccess.GetLength(handle);

    internal override int Read(Span<byte> buffer, long position)
    {
        var all = 0;
        while (all < buffer.Length)
        {
            var some = RandomAccess.Read(handle, buffer[all..], position + all);
            if (some == 0) break;
            all += some;
        }
        return all;
    }

    internal override void Write(ReadOnlySpan<byte> bytes, long position) => RandomAccess.Write(handle, bytes, position);

    internal override void SetLength(long length) => RandomAccess.SetLength(handle, length);

    internal override void Flush()
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(handle);
            return;
        }
        // Times of change needn't reach the disk, sizes do: that is what fdatasync leaves out and brings along.
        if (Posix.SyncData(handle) != 0) throw new IOException($"'{path}' can't be written to the disk: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    public override void Dispose() => handle.Dispose();
}

static partial class Posix
{
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Sync(int file);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    internal static partial int SyncData(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "close")]
    internal static partial int Close(int file);
}
