using System.CommandLine;
using Millrace.Cli.Output;

namespace Millrace.Cli.Commands;

/// <summary>Pause, resume and cancel.</summary>
static class BackfillState
{
    internal static Command Create(string verb, string says, Metadata.BackfillState state)
    {
        var id = new Argument<string>("backfill") { Description = "The backfill's id or the beginning of it ('millrace dags backfill list')." };
        var command = new Command(verb, says) { id };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var wanted = parsed.GetRequiredValue(id);
            var found = (await store.ListBackfillsAsync(null, session.Cancellation))
                .Where(row => row.Id.Value.ToString("N").StartsWith(wanted, StringComparison.OrdinalIgnoreCase)).ToList();
            if (found is not [var backfill])
                throw new UserErrorException(found.Count == 0 ? $"There is no backfill '{wanted}'. 'millrace dags backfill list' shows them."
                    : $"'{wanted}' fits {found.Count} backfills. Give more of the id.");
            if (backfill.State is Metadata.BackfillState.Done or Metadata.BackfillState.Cancelled)
                throw new UserErrorException($"Backfill {wanted} of '{backfill.Dag}' is {backfill.State.ToString().ToLowerInvariant()} already. Start another one over its range.");
            await store.SetBackfillStateAsync(backfill.Id, state, session.Cancellation);
            await session.WakeAsync();
            var view = new BackfillView(backfill.Id.Value.ToString("N"), backfill.Dag, backfill.From, backfill.To, backfill.Reprocess.ToString().ToLowerInvariant(),
                backfill.MaxActive, backfill.NewestFirst, state.ToString().ToLowerInvariant(), backfill.Cursor, []);
            session.Show(view, Views.Default.BackfillView, terminal => terminal.Line($"Backfill {view.Id[..12]} of {view.Dag} is {view.State}."));
            return ExitCode.Ok;
        }));
        return command;
    }
}
