using System.CommandLine;

namespace Millrace.Cli.Commands;

static class NewGroup
{
    internal const string Says = "Makes a first DAG file.";

    internal static Command Create() => new("new", Says)
    {
        NewDag.Create(),
    };
}
