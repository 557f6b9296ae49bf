using System.Diagnostics;

namespace Millrace.Testing.Servers;

static class Command
{
    internal static async Task RunAsync(string[] command, CancellationToken cancellation)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        })!;
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var errors = process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"'{string.Join(' ', command)}' ended with {process.ExitCode}: {await errors}{await output}");
    }
}
