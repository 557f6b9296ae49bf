using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Millrace.Dags;

namespace Millrace.Authoring.Compiling;

/// <summary>Builds a project of the DAG folder with the SDK's own <c>dotnet build</c>, packages and all.</summary>
static partial class ProjectBuild
{
    const int MostProblems = 20, KeptLines = 20;

    /// <returns>The file name of the assembly in <paramref name="output"/>, or why there is none.</returns>
    public static async Task<(string Assembly, IReadOnlyList<Problem> Problems)> RunAsync(string project, string output, bool optimize, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(project),
        };
        // Nothing stays behind: no build nodes, no compiler server.
        foreach (var argument in (string[])["build", project, "--configuration", optimize ? "Release" : "Debug", "--output", output, "--nologo", "--verbosity", "quiet",
            "--disable-build-servers", "-nodeReuse:false", "-consoleLoggerParameters:NoSummary",
            "-property:MillraceFolder=" + Path.GetDirectoryName(typeof(DagSpec).Assembly.Location), "-getProperty:TargetFileName", "-target:Restore;Build"])
            start.ArgumentList.Add(argument);
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";

        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return ("", [new(project, 0, 0, ProblemKind.Project, $"Project '{project}' can't be built: 'dotnet' can't be started ({e.Message}). Install the .NET SDK, or use single .cs files, which need none.")]);
        }
        using (process)
        {
            using var ending = cancellation.Register(() => process.Kill(entireProcessTree: true));
            var errors = process.StandardError.ReadToEndAsync(cancellation);
            var printed = await process.StandardOutput.ReadToEndAsync(cancellation).ConfigureAwait(false) + await errors.ConfigureAwait(false);
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
            var assembly = printed.Trim().Split('\n')[^1].Trim();
            return process.ExitCode == 0 && File.Exists(Path.Combine(output, assembly)) ? (assembly, []) : ("", Problems(project, printed));
        }
    }

    public static IReadOnlyList<Problem> Problems(string project, string printed)
    {
        var problems = printed.Split('\n').Select(line => ErrorLine().Match(line.Trim())).Where(match => match.Success).Select(match => new Problem(
            Path.GetFullPath(match.Groups["file"].Value.Trim(), Path.GetDirectoryName(project)!), Number(match.Groups["line"]), Number(match.Groups["column"]),
            match.Groups["code"].Value is ['C', 'S', ..] ? ProblemKind.Type : ProblemKind.Project, $"{match.Groups["code"].Value}: {match.Groups["message"].Value}")).Distinct().Take(MostProblems).ToList();
        if (problems.Count > 0) return problems;
        var last = new StringBuilder().AppendJoin('\n', printed.Trim().Split('\n').TakeLast(KeptLines));
        return [new(project, 0, 0, ProblemKind.Project, $"'dotnet build' failed: {last}")];
    }

    static int Number(Group group) => group.Success ? int.Parse(group.Value, CultureInfo.InvariantCulture) : 0;

    // Orders.cs(3,14): error CS0103: The name ... [/dags/etl/etl.csproj]        etl.csproj : error NU1101: Unable to find ...
    [GeneratedRegex(@"^(?<file>[^()]+?)(\((?<line>\d+),(?<column>\d+)[^)]*\))?\s*: error (?<code>\w+)\s*: (?<message>.*?)( \[[^\]]+\])?$")]
    private static partial Regex ErrorLine();
}
