using System.CommandLine;
using Millrace.Cli.Output;

namespace Millrace.Cli.Commands;

static class BackfillList
{
    internal static Command Create()
    {
        var dag = new Argument<string?>("dag") { Description = "Only those of this Dag.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("list", "Lists the backfills and how far they are.") { dag };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var backfills = (await store.ListBackfillsAsync(parsed.GetValue(dag), session.Cancellation))
                .Select(row => new BackfillView(row.Id.Value.ToString("N"), row.Dag, row.From, row.To, row.Reprocess.ToString().ToLowerInvariant(),
                    row.MaxActive, row.NewestFirst, row.State.ToString().ToLowerInvariant(), row.Cursor, [])).ToList();
            session.Show(backfills, Views.Default.IReadOnlyListBackfillView, terminal =>
            {
                if (backfills.Count == 0)
                {
                    terminal.Line("No backfills.");
                    return;
                }
                var table = new Columns("backfill", "dag", "state", "from", "to", "started up to");
                foreach (var backfill in backfills)
                    table.Add(backfill.Id[..12], Text.Of(backfill.Dag), backfill.State, Text.Of(backfill.From), Text.Of(backfill.To), Text.Of(backfill.Cursor));
                table.WriteTo(terminal);
            });
            return ExitCode.Ok;
        }));
        return command;
    }
}
