using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Dags;

namespace Millrace.Cli.Commands;

static class DagsVersions
{
    internal static Command Create()
    {
        var name = DagArgument.Create();
        var command = new Command("versions", "Lists the versions of a Dag, newest first.") { name };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var dag = await new Lookup(store, session.Cancellation).DagAsync(parsed.GetRequiredValue(name));
            var versions = (await store.ListVersionsAsync(dag.Name, session.Cancellation)).OrderByDescending(version => version.Number)
                .Select(version => new VersionView(version.Number, version.Hash, version.Bundle, version.CreatedAt,
                    version.Hash == dag.Version, DagJson.Read(version.SpecJson).Tasks.Count)).ToList();
            session.Show(versions, Views.Default.IReadOnlyListVersionView, terminal =>
            {
                var table = new Columns("version", "hash", "since", "tasks", "");
                foreach (var version in versions)
                    table.Add($"{version.Number}", Lookup.Short(version.Hash), Text.Of(version.CreatedAt), $"{version.Tasks}", version.InForce ? "[green]in force[/]" : "");
                table.WriteTo(terminal);
                terminal.Line($"'millrace dags show {dag.Name} --version-of NUMBER' draws an older one.");
            });
            return ExitCode.Ok;
        }));
        return command;
    }
}
