using System.Globalization;

namespace Millrace.Hosting;

/// <summary>On SQLite one scheduler works alone: two would take each other's runs. PostgreSQL needs no such lock.</summary>
sealed class SchedulerLock : IDisposable
{
    readonly FileStream _file;

    SchedulerLock(FileStream file) => _file = file;

    /// <param name="database">The SQLite file; the lock lies beside it and vanishes with its process, however that ends.</param>
    /// <exception cref="SchedulerRunsException">Another process has it.</exception>
    internal static SchedulerLock Take(string database)
    {
        var path = database + ".lock";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
            file.Flush();
            return new(file);
        }
        catch (IOException)
        {
            throw new SchedulerRunsException($"A scheduler runs on {database} already. Stop that one first, use another home folder (--home), or PostgreSQL (--store), which several can share.");
        }
    }

    public void Dispose() => _file.Dispose();
}

/// <summary>A second scheduler was started on a SQLite file.</summary>
public sealed class SchedulerRunsException(string message) : Exception(message);
