using System.Runtime.InteropServices;

namespace Millrace.Execution;

/// <summary>The few system calls that .NET has no name for.</summary>
static partial class Posix
{
    internal const int SIGKILL = 9, SIGTERM = 15;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int KillCore(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true)]
    private static partial int ChmodCore([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int mode);

    /// <returns>False when there is no such process or group any more.</returns>
    internal static bool Kill(int pid, int signal) => KillCore(pid, signal) == 0;

    /// <summary>Signals every process of the group; signal 0 only asks whether there is one.</summary>
    internal static bool KillGroup(int group, int signal)
    {
        // -1 and 0 mean "all processes" and "my own group": never what a stored id stands for.
        ArgumentOutOfRangeException.ThrowIfLessThan(group, 2);
        return KillCore(-group, signal) == 0;
    }

    internal static void OnlyOwner(string path, bool folder) => _ = ChmodCore(path, folder ? 0b111_000_000 : 0b110_000_000);
}
