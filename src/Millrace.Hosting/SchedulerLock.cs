using System.Globalization;

namespace Millrace.Hosting;

/// <summary>On SQLite one scheduler works alone: two would take each other's runs. PostgreSQL needs no such lock.</summary>
sealed class SchedulerLock : IDisposable
{
    // What a file that another process holds is to open(2) on Linux and macOS, and to Windows.
    const int WouldBlockOnLinux = 11, WouldBlockOnMac = 35, SharingViolation = 32;

    readonly FileStream _file;
    readonly string _owner;

    SchedulerLock(FileStream file, string owner) => (_file, _owner) = (file, owner);

    /// <param name="database">The SQLite file; the lock lies beside it and vanishes with its process, however that ends.</param>
    /// <exception cref="SchedulerRunsException">Another process has it.</exception>
    internal static SchedulerLock Take(string database)
    {
        // The locked file can't be read by others, so the name of its holder lies in a second one.
        var (path, owner) = (database + ".lock", database + ".pid");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        try
        {
            var held = new SchedulerLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1), owner);
            held.NameOwner();
            return held;
        }
        catch (IOException e) when ((e.HResult & 0xFFFF) is WouldBlockOnLinux or WouldBlockOnMac or SharingViolation)
        {
            throw new SchedulerRunsException($"A scheduler{OwnerOf(owner)} runs on {database} already. Stop that one first, use another home folder (--home), or PostgreSQL (--store), which several can share.");
        }
    }

    void NameOwner()
    {
        try
        {
            File.WriteAllText(_owner, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    // It may be starting or stopping just now, or lie on another machine's side of a share: then nothing is said.
    static string OwnerOf(string path)
    {
        try
        {
            return int.TryParse(File.ReadAllText(path), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? $" (process {id})" : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    public void Dispose()
    {
        using var held = _file;
        try
        {
            // While the lock is still held: after that the name may be somebody else's.
            if (_file.CanWrite) File.Delete(_owner);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A name without a lock misleads nobody.
        }
    }
}

/// <summary>A second scheduler was started on a SQLite file.</summary>
public sealed class SchedulerRunsException(string message) : Exception(message);
