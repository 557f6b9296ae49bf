using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Hosting;
using Millrace.Metadata;

namespace Millrace.Cli.Commands;

static class DbCheck
{
    internal static Command Create()
    {
        var command = new Command("check", "Checks that the store can be reached, is up to date and is whole; exits with 1 if not.");
        command.SetAction(Session.Of(async (session, _) =>
        {
            // Not migrated first: an old schema is one of the things to report.
            if (!Stores.Exists(session.Settings))
                throw new UserErrorException($"There is no Millrace in {session.Settings.Home} yet. 'millrace up' starts one there.", ExitCode.Unavailable);
            await using var store = Stores.Open(session.Settings);
            var health = await store.CheckAsync(session.Cancellation);
            session.Show(ViewOf(health), Views.Default.HealthView, terminal =>
            {
                terminal.Line($"{health.Kind}: {health.Location}");
                terminal.Line($"  schema version  {health.SchemaVersion} (newest known: {health.NewestKnown})");
                terminal.Line($"  holds           {Text.Count(health.Dags, "Dag")}, {Text.Count(health.Runs, "run")}, {Text.Count(health.TaskInstances, "task instance")}");
                terminal.Line(health.Problems.Count == 0 ? "  no problems" : "");
                foreach (var problem in health.Problems) terminal.Line($"  problem: {problem}");
            });
            return health.Problems.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
        }));
        return command;
    }

    internal static HealthView ViewOf(StoreHealth health) =>
        new(health.Kind, health.Location, health.SchemaVersion, health.NewestKnown, health.Dags, health.Runs, health.TaskInstances, health.Problems);
}
