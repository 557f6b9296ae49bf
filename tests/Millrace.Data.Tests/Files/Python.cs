using System.Diagnostics;

namespace Millrace.Data.Tests.Files;

/// <summary>Another program's opinion of our files; its standard library knows most formats.</summary>
static class Python
{
    internal static async Task<string> RunAsync(string code)
    {
        using var process = Process.Start(new ProcessStartInfo("python3", ["-c", code]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(Rows.Cancel), process.StandardError.ReadToEndAsync(Rows.Cancel));
        await process.WaitForExitAsync(Rows.Cancel);
        Assert.True(process.ExitCode == 0, await errors);
        return (await output).TrimEnd();
    }
}
