using System.CommandLine;

namespace Millrace.Cli.Commands;

static class PoolsGroup
{
    internal const string Says = "Limits how many tasks of a kind run at once.";

    internal static Command Create() => new("pools", Says)
    {
        PoolsList.Create(),
        PoolsSet.Create(),
        PoolsDelete.Create(),
    };
}
