using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Metadata;

namespace Millrace.Cli.Commands;

static class DagsList
{
    internal static Command Create()
    {
        var tag = new Option<string?>("--tag") { Description = "Only Dags with this tag.", HelpName = "tag" };
        var all = new Option<bool>("--all") { Description = "Also Dags whose file is gone." };
        var command = new Command("list", "Lists the Dags, when they run next and whether they are paused.") { tag, all };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var wanted = parsed.GetValue(tag);
            var dags = (await store.ListDagsAsync(session.Cancellation))
                .Where(dag => (dag.Active || parsed.GetValue(all)) && (wanted is null || dag.Tags.Contains(wanted)))
                .OrderBy(dag => dag.Name, StringComparer.Ordinal).ToList();
            var errors = session.IsJson ? 0 : (await store.ListErrorsAsync(session.Cancellation)).Count;
            session.Show([.. dags.Select(DagView.Of)], Views.Default.IReadOnlyListDagView, terminal => Write(terminal, dags, errors));
            return ExitCode.Ok;
        }));
        return command;
    }

    static void Write(Terminal terminal, List<DagRow> dags, int errors)
    {
        if (dags.Count == 0)
            terminal.Line("No Dags. 'millrace new dag NAME' makes a first one, 'millrace up' reads the DAG folder.");
        else
        {
            var table = new Columns("dag", "schedule", "next run", "last run for", "paused", "tags", "source").WrapLast();
            foreach (var dag in dags)
                table.Add(Text.Of(dag.Name), Text.Of(dag.Schedule), dag.Active ? Text.Of(dag.Paused ? null : dag.NextDue) : "[grey]gone[/]",
                    Text.Of(dag.LastLogicalTime), dag.Paused ? "[yellow]paused[/]" : Text.Nothing, Text.Of(string.Join(", ", dag.Tags)), Text.Of(dag.Source));
            table.WriteTo(terminal);
        }
        if (errors > 0)
            terminal.Line($"{Text.Count(errors, "file error")}: see 'millrace dags errors'.");
    }
}
