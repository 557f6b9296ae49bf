using System.CommandLine;

namespace Millrace.Cli.Commands;

static class TasksGroup
{
    internal const string Says = "Shows the tasks of a run and their logs; clears, marks and tests them.";

    internal static Command Create() => new("tasks", Says)
    {
        TasksList.Create(),
        TasksLogs.Create(),
        TasksClear.Create(),
        TasksMark.Create(),
        TasksTest.Create(),
    };
}
