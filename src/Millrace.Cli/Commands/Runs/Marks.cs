using System.CommandLine;

namespace Millrace.Cli.Commands;

/// <summary>What can be declared of a run or a task by hand.</summary>
static class Marks
{
    internal static Option<string> Option() => new("--as") { Description = "success or failed.", HelpName = "state", Required = true };

    internal static bool IsSuccess(string state) => state switch
    {
        "success" => true,
        "failed" => false,
        _ => throw new UserErrorException($"--as is '{state}'. A run or task can be marked as success or failed."),
    };
}
