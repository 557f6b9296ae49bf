using System.CommandLine;

namespace Millrace.Cli.Commands;

static class RunsGroup
{
    internal const string Says = "Lists and shows runs; clears, cancels, marks and awaits them.";

    internal static Command Create() => new("runs", Says)
    {
        RunsList.Create(),
        RunsShow.Create(),
        RunsWait.Create(),
        RunsClear.Create(),
        RunsCancel.Create(),
        RunsMark.Create(),
    };
}
