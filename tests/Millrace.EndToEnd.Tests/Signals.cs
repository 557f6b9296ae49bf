using System.Diagnostics;
using Millrace.Execution;

namespace Millrace.EndToEnd.Tests;

static class Signals
{
    const int SIGINT = 2;

    internal static void Interrupt(int process) => Assert.True(Posix.Kill(process, SIGINT), $"Process {process} is gone: it can't be interrupted.");

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
