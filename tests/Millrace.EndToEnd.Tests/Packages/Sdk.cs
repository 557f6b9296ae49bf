using System.Diagnostics;

namespace Millrace.EndToEnd.Tests.Packages;

/// <summary>The .NET SDK's command.</summary>
static class Sdk
{
    /// <returns>What it printed.</returns>
    internal static Task<string> RunAsync(string folder, string[] arguments, CancellationToken cancellation) => RunProgramAsync("dotnet", folder, arguments, cancellation);

    /// <summary>Runs what the SDK has made, or the SDK itself.</summary>
    internal static async Task<string> RunProgramAsync(string program, string folder, string[] arguments, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        // Nothing stays behind that holds files of a folder which is about to be deleted.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        using var process = Process.Start(start)!;
        using var ending = cancellation.Register(() => process.Kill(entireProcessTree: true));
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var printed = await process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        Assert.True(process.ExitCode == 0, $"'{program} {string.Join(' ', arguments)}' ended with {process.ExitCode}:\n{printed}{await errors}");
        return printed;
    }
}
