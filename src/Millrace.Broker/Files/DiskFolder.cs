namespace Millrace.Broker.Files;

/// <summary>
/// A folder that logs are kept in. The broker's files go through here and nowhere else, so that a test can stand for a disk
/// that loses power, tears pages, flips bits or is full.
/// </summary>
abstract class DiskFolder
{
    internal abstract string Path { get; }

    internal abstract DiskFolder Folder(string name);

    internal abstract bool Exists { get; }

    internal abstract void Create();

    /// <summary>The files there, with their lengths.</summary>
    internal abstract IReadOnlyList<FileEntry> Files();

    internal abstract IReadOnlyList<string> FolderNames();

    /// <summary>Opens a file. One that isn't there is made, or is a <see cref="FileNotFoundException"/>.</summary>
    internal abstract DiskFile Open(string name, bool mustExist = false);

    /// <summary>Deletes a file, if it's there.</summary>
    internal abstract void Delete(string name);

    /// <summary>Renames over what is there, in one step.</summary>
    internal abstract void Rename(string from, string to);

    /// <summary>Deletes a folder with all that is in it, if it's there.</summary>
    internal abstract void DeleteFolder(string name);

    /// <summary>Returns when the names in the folder are on the disk.</summary>
    internal abstract void Flush();

    internal byte[]? ReadAll(string name)
    {
        if (!Files().Any(f => f.Name == name)) return null;
        using var file = Open(name);
        var bytes = new byte[file.Length];
        return bytes[..file.Read(bytes, 0)];
    }

    /// <summary>Writes a file so that after a crash there is the old one or the new one, whole.</summary>
    internal void Replace(string name, ReadOnlySpan<byte> content)
    {
        var beside = name + ".new";
        using (var file = Open(beside))
        {
            file.SetLength(0);
            file.Write(content, 0);
            file.Flush();
        }
        Rename(beside, name);
        Flush();
    }
}

readonly record struct FileEntry(string Name, long Length);

/// <summary>A file of a <see cref="DiskFolder"/>. Reads may run beside writes.</summary>
abstract class DiskFile : IDisposable
{
    internal abstract long Length { get; }

    /// <summary>Reads as many bytes as there are, up to the size of the buffer.</summary>
    internal abstract int Read(Span<byte> buffer, long position);

    internal abstract void Write(ReadOnlySpan<byte> bytes, long position);

    internal abstract void SetLength(long length);

    /// <summary>Returns when all that was written is on the disk.</summary>
    internal abstract void Flush();

    public abstract void Dispose();
}
