using System.CommandLine;
using System.Text.Json;
using Millrace.Cli.Output;
using Millrace.Dags;
using Millrace.Metadata;
using Millrace.Scheduling;

namespace Millrace.Cli.Commands;

static class DagsShow
{
    internal static Command Create()
    {
        var name = DagArgument.Create();
        var version = new Option<string?>("--version-of") { Description = "An older version, by its number or hash ('millrace dags versions').", HelpName = "version" };
        var command = new Command("show", "Shows what a Dag declares and draws its graph.") { name, version };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var lookup = new Lookup(store, session.Cancellation);
            var dag = await lookup.DagAsync(parsed.GetRequiredValue(name));
            var shown = await lookup.VersionAsync(dag.Name, parsed.GetValue(version) ?? dag.Version);
            var spec = DagJson.Read(shown.SpecJson);
            var places = new List<RecordPlaceView>();
            foreach (var topic in spec.Schedule.Topics.Select(t => t.Topic))
                places.AddRange((await store.RecordPlacesAsync(TopicWatch.NameOf(dag.Name), topic, session.Cancellation)).Select(p => new RecordPlaceView(topic, p.Partition, p.Next)));
            var view = new DagDetailsView(DagView.Of(dag), shown.Number, JsonDocument.Parse(shown.SpecJson).RootElement,
                JsonDocument.Parse(ParamSchema.Of(spec)).RootElement, places);
            session.Show(view, Views.Default.DagDetailsView, terminal => Write(terminal, dag, shown, spec, places));
            return ExitCode.Ok;
        }));
        return command;
    }

    static void Write(Terminal terminal, DagRow dag, DagVersion version, DagSpec spec, List<RecordPlaceView> places)
    {
        terminal.Line(dag.Name + (dag.Paused ? "  (paused)" : "") + (dag.Active ? "" : "  (its file is gone)"));
        if (spec.Description is { } description) terminal.Line(description);
        terminal.Line();
        Fact("schedule", spec.Schedule.Describe());
        Fact("next run", dag.Paused || dag.NextDue is null ? null : Text.Of(dag.NextDue));
        Fact("next records", string.Join(", ", places.Select(p => $"{p.Topic}-{p.Partition} at {p.Next}")));
        Fact("start", spec.StartDate is null ? null : Text.Of(spec.StartDate));
        Fact("end", spec.EndDate is null ? null : Text.Of(spec.EndDate));
        Fact("catchup", spec.Catchup ? "yes" : null);
        Fact("owner", spec.Owner);
        Fact("tags", spec.Tags.Count == 0 ? null : string.Join(", ", spec.Tags));
        Fact("active runs", $"at most {spec.MaxActiveRuns}");
        Fact("active tasks", spec.MaxActiveTasks is { } tasks ? $"at most {tasks}" : null);
        Fact("run timeout", spec.RunTimeout is { } timeout ? Text.Of(timeout) : null);
        Fact("deadline", spec.Deadline is { } deadline ? Text.Of(deadline) : null);
        Fact("version", $"{version.Number} ({Lookup.Short(version.Hash)}), in force since {Text.Of(version.CreatedAt)}");
        Fact("source", dag.Source);
        foreach (var param in spec.Params)
            Fact($"param {param.Name}", $"{param.Expected()}, {(param.Default is null ? "required" : $"default {param.Default}")}{(param.Description is { } says ? $"; {says}" : "")}");
        terminal.Line();
        GraphTree.Write(terminal, spec);

        void Fact(string label, string? value)
        {
            if (!string.IsNullOrEmpty(value)) terminal.Line($"  {label,-13} {value}");
        }
    }
}
