using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Millrace.Execution;

/// <summary>Where the pool's socket lies: in the home folder, readable by its owner alone.</summary>
sealed class SocketPlace : IDisposable
{
    // The longest path of a Unix socket is 108 bytes on Linux, 104 on macOS, its end included.
    const int Longest = 100;

    static int pools;

    readonly Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    SocketPlace(string path) => Path = path;

    public string Path { get; }

    internal static SocketPlace Create(HomeFolder home)
    {
        var folder = home.Run;
        var name = $"workers-{Environment.ProcessId}-{Interlocked.Increment(ref pools)}.sock";
        if (Encoding.UTF8.GetByteCount(System.IO.Path.Combine(folder, name)) > Longest)
            folder = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "millrace-" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(home.Root)))[..12]);
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        RemoveStale(folder);
        return new SocketPlace(System.IO.Path.Combine(folder, name));
    }

    internal Socket Listen()
    {
        File.Delete(Path);
        socket.Bind(new UnixDomainSocketEndPoint(Path));
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        socket.Listen(64);
        return socket;
    }

    public void Dispose()
    {
        socket.Dispose();
        File.Delete(Path);
    }

    // Left by schedulers that were killed.
    static void RemoveStale(string folder)
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(folder, "workers-*.sock"))
        {
            var parts = System.IO.Path.GetFileName(path).Split('-');
            if (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var pid) || IsAlive(pid)) continue;
            try
            {
                File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Somebody else's: it is in nobody's way.
            }
        }
    }

    static bool IsAlive(int pid)
    {
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(pid);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
