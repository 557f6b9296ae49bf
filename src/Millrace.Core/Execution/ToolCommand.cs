using System.Diagnostics;

namespace Millrace.Execution;

/// <summary>How this machine starts the <c>millrace</c> command again: workers, the compiler and the describer are child processes of the same program.</summary>
/// <param name="FileName">The program.</param>
/// <param name="Arguments">What comes before the command's own arguments.</param>
sealed record ToolCommand(string FileName, IReadOnlyList<string> Arguments)
{
    const string Name = "millrace";

    /// <summary>This process when it is <c>millrace</c> itself, else the one that lies beside this library.</summary>
    public static ToolCommand Find()
    {
        if (Environment.ProcessPath is { } self && Path.GetFileNameWithoutExtension(self) == Name) return new(self, []);
        var assembly = Path.Combine(AppContext.BaseDirectory, Name + ".dll");
        if (!File.Exists(assembly))
            throw new InvalidOperationException($"'{assembly}' does not exist, so no child process can be started. Run Millrace through its command, or use the in-process executor.");
        return new(DotnetHost(), [assembly]);
    }

    public ProcessStartInfo Start(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(FileName) { UseShellExecute = false };
        foreach (var argument in Arguments.Concat(arguments)) start.ArgumentList.Add(argument);
        return start;
    }

    // The host that runs this process knows its runtime; an application's own executable doesn't, so there the PATH has to do.
    static string DotnetHost() =>
        Environment.ProcessPath is { } self && Path.GetFileNameWithoutExtension(self) == "dotnet" ? self
        : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host
        : "dotnet";
}
