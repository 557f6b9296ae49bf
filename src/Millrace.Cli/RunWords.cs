using System.CommandLine;

namespace Millrace.Cli;

/// <summary>How a run is named on the command line.</summary>
static class RunWords
{
    internal const string Latest = "latest";
    internal const string Forms = "Name a run by its Dag and key (etl scheduled__2026-11-21T00:00:00Z, or a part of the key that no other has, or 'latest'), or by its id or the beginning of it.";

    internal static Argument<string[]> Run() => new("run")
    {
        HelpName = "DAG KEY | ID",
        Description = Forms,
        Arity = new(1, 2),
    };

    internal static Argument<string[]> RunAndTask() => new("run-and-task")
    {
        HelpName = "DAG KEY TASK | ID TASK",
        Description = $"{Forms} Then the task's id.",
        Arity = new(2, 3),
    };

    internal static Option<int?> MapIndex() => new("--map-index") { Description = "Of a mapped task: only this instance.", HelpName = "number" };
}
