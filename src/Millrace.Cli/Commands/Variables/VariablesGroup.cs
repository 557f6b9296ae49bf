using System.CommandLine;

namespace Millrace.Cli.Commands;

static class VariablesGroup
{
    internal const string Says = "Keeps values that tasks read.";

    internal static Command Create() => new("variables", Says)
    {
        VariablesList.Create(),
        VariablesGet.Create(),
        VariablesSet.Create(),
        VariablesDelete.Create(),
    };
}
