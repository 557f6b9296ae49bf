using System.Diagnostics;

namespace Millrace.EndToEnd.Tests;

static class Signals
{
    /// <summary>SIGKILL; a process that is gone already is fine.</summary>
    internal static void Kill(int process)
    {
        try
        {
            using var victim = Process.GetProcessById(process);
            victim.Kill();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
        }
    }
}
