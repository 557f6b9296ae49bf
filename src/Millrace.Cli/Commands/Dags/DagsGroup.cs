using System.CommandLine;

namespace Millrace.Cli.Commands;

static class DagsGroup
{
    internal const string Says = "Lists, shows, triggers, pauses, tests and backfills Dags.";

    internal static Command Create() => new("dags", Says)
    {
        DagsList.Create(),
        DagsShow.Create(),
        DagsNext.Create(),
        DagsTrigger.Create(),
        DagsPause.Create(),
        DagsUnpause.Create(),
        DagsTest.Create(),
        DagsBackfill.Create(),
        DagsVersions.Create(),
        DagsErrors.Create(),
    };
}
