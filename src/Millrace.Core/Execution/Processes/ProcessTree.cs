using System.Diagnostics;
using System.Text;

namespace Millrace.Execution;

/// <summary>Starts processes in a session of their own, so that a whole tree can be ended by its group's id.</summary>
static class ProcessTree
{
    static readonly string[]? OwnSession = FindOwnSession();

    /// <summary>Whether a process started here leads a group of its own.</summary>
    internal static bool HasGroups => OwnSession is not null;

    internal static Process Start(ProcessStartInfo start)
    {
        if (OwnSession is { } prefix)
        {
            for (var i = 1; i < prefix.Length; i++) start.ArgumentList.Insert(i - 1, prefix[i]);
            start.ArgumentList.Insert(prefix.Length - 1, start.FileName);
            start.FileName = prefix[0];
        }
        return Process.Start(start) ?? throw new InvalidOperationException($"'{start.FileName}' could not be started.");
    }

    /// <summary>Asks the whole tree to end (SIGTERM). Windows has no such request: there it is killed.</summary>
    internal static void Terminate(Process root)
    {
        if (OwnSession is not null) Posix.KillGroup(root.Id, Posix.SIGTERM);
        else if (OperatingSystem.IsWindows()) Kill(root);
        else Posix.Kill(root.Id, Posix.SIGTERM);
    }

    internal static void Kill(Process root)
    {
        if (OwnSession is not null) Posix.KillGroup(root.Id, Posix.SIGKILL);
        try
        {
            if (!root.HasExited) root.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception or AggregateException)
        {
            // It ended by itself in the meantime.
        }
    }

    internal static void Kill(int group)
    {
        if (!OperatingSystem.IsWindows())
        {
            if (!Posix.KillGroup(group, Posix.SIGKILL)) Posix.Kill(group, Posix.SIGKILL);
            return;
        }
        try
        {
            using var process = Process.GetProcessById(group);
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception or AggregateException)
        {
            // Gone.
        }
    }

    /// <summary>Kills the processes whose environment has this line, wherever they hang in the tree: a process that was started
    /// in the instant before its worker died is in no list yet. Linux only; elsewhere it finds none.</summary>
    internal static int KillMarked(string variable, string value)
    {
        if (!OperatingSystem.IsLinux()) return 0;
        var mark = Encoding.UTF8.GetBytes($"{variable}={value}\0");
        var killed = 0;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out var pid) || pid == Environment.ProcessId) continue;
            try
            {
                if (File.ReadAllBytes(Path.Combine(folder, "environ")).AsSpan().IndexOf(mark) < 0) continue;
                if (Posix.Kill(pid, Posix.SIGKILL)) killed++;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Somebody else's, or gone between the listing and the look.
            }
        }
        return killed;
    }

    /// <summary>How this process ended, in words.</summary>
    internal static string Describe(int exitCode) =>
        exitCode is > 128 and < 160 && !OperatingSystem.IsWindows() ? $"was killed by signal {exitCode - 128}" : $"exited with code {exitCode}";

    static string[]? FindOwnSession()
    {
        if (OperatingSystem.IsWindows()) return null;
        if (FindProgram("setsid") is { } setsid) return [setsid];
        // macOS has no setsid command but ships Perl.
        if (FindProgram("perl") is { } perl) return [perl, "-e", "use POSIX; POSIX::setsid(); exec { $ARGV[0] } @ARGV or die \"$ARGV[0]: $!\\n\"", "--"];
        return null;
    }

    internal static string? FindProgram(string name)
    {
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            var path = Path.Combine(folder, name);
            if (File.Exists(path)) return path;
            if (OperatingSystem.IsWindows() && File.Exists(path + ".exe")) return path + ".exe";
        }
        return null;
    }
}
