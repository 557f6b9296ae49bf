using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Hosting;

namespace Millrace.Cli.Commands;

static class DbClean
{
    internal static Command Create()
    {
        var before = new Option<string>("--before") { Description = "Runs that ended, and whose logical time lies, before this go.", HelpName = "date", Required = true };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say what would go." };
        var command = new Command("clean", "Deletes finished runs with their history, logs and results.") { before, dryRun };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var limit = Times.Parse("--before", parsed.GetRequiredValue(before), session.Time.GetUtcNow());
            var dry = parsed.GetValue(dryRun);
            var cleaned = await store.CleanAsync(limit, dry, session.Cancellation);
            if (!dry) Retention.DeleteFiles(session.Home, cleaned);
            session.Show(new(dry, limit, cleaned.Runs.Count, cleaned.Rows), Views.Default.CleanedView, terminal =>
            {
                if (dry)
                    foreach (var (dag, key, _) in cleaned.Runs) terminal.Line($"{dag} {key}");
                terminal.Line($"{Text.Count(cleaned.Runs.Count, "run")} ({Text.Count(cleaned.Rows, "row")}) {(dry ? "would be" : "were")} deleted.");
            });
            return ExitCode.Ok;
        }));
        return command;
    }
}
