using System.CommandLine;
using Millrace.Cli.Output;

namespace Millrace.Cli.Commands;

static class DbMigrate
{
    internal static Command Create()
    {
        var command = new Command("migrate", "Brings the store's tables up to date, making them first where there are none.");
        command.SetAction(Session.Of(async (session, _) =>
        {
            // Opening migrates.
            var store = await session.StoreAsync(make: true);
            var health = await store.CheckAsync(session.Cancellation);
            session.Show(DbCheck.ViewOf(health), Views.Default.HealthView, terminal =>
                terminal.Line($"{health.Location} is at schema version {health.SchemaVersion}, the newest."));
            return ExitCode.Ok;
        }));
        return command;
    }
}
