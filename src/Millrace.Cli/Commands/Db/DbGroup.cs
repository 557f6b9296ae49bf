using System.CommandLine;

namespace Millrace.Cli.Commands;

static class DbGroup
{
    internal const string Says = "Migrates, checks and cleans the store.";

    internal static Command Create() => new("db", Says)
    {
        DbMigrate.Create(),
        DbCheck.Create(),
        DbClean.Create(),
    };
}
