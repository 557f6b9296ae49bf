using System.Runtime.InteropServices;

namespace Millrace.Execution;

/// <summary>The system call that .NET has no name for.</summary>
static class Posix
{
    internal const int SIGKILL = 9, SIGTERM = 15;

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int KillCore(int pid, int signal);

    /// <returns>False when there is no such process or group any more.</returns>
    internal static bool Kill(int pid, int signal) => KillCore(pid, signal) == 0;

    /// <summary>Signals every process of the group; signal 0 only asks whether there is one.</summary>
    internal static bool KillGroup(int group, int signal)
    {
        // -1 and 0 mean "all processes" and "my own group": never what a stored id stands for.
        ArgumentOutOfRangeException.ThrowIfLessThan(group, 2);
        return KillCore(-group, signal) == 0;
    }
}
