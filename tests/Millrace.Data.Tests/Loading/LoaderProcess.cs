using System.Diagnostics;
using System.Reflection;

namespace Millrace.Data.Tests.Loading;

/// <summary>A real process that loads, to be killed.</summary>
sealed class LoaderProcess : IDisposable
{
    readonly Process process;

    LoaderProcess(Process process) => this.process = process;

    static string Program { get; } =
        Path.GetFullPath(typeof(LoaderProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "TestingLoads").Value!);

    /// <summary>Returns when the process is about to load.</summary>
    internal static async Task<LoaderProcess> StartAsync(string target, string place, Load mode, int generation, int rows, CancellationToken cancel, params string[] before)
    {
        string[] command = [.. before, Environment.ProcessPath is { } own && Path.GetFileNameWithoutExtension(own) == "dotnet" ? own : "dotnet", Program, target, place, $"{mode}", $"{generation}", $"{rows}"];
        var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) 
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // Else the runtime needs a large file in memory, which a limit on files' sizes forbids.
            Environment = { ["DOTNET_EnableWriteXorExecute"] = "0" },
        })!;
        var first = await process.StandardOutput.ReadLineAsync(cancel);
        return first == "begun" ? new(process) : throw new InvalidOperationException($"The loader said '{first}': {await process.StandardError.ReadToEndAsync(cancel)}");
    }

    /// <summary>What it said at its end.</summary>
    internal async Task<string> EndAsync(CancellationToken cancel)
    {
        var said = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return said.Trim();
    }

    /// <summary>kill -9.</summary>
    internal async Task KillAsync(CancellationToken cancel)
    {
        process.Kill();
        await process.WaitForExitAsync(cancel);
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
    }
}
