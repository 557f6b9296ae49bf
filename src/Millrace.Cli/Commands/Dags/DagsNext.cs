using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Scheduling;

namespace Millrace.Cli.Commands;

static class DagsNext
{
    internal static Command Create()
    {
        var name = DagArgument.Create();
        var count = new Option<int>("--count", "-n") { Description = "How many.", HelpName = "number", DefaultValueFactory = _ => 5 };
        var command = new Command("next", "Shows when a Dag's schedule fires next, and for which data interval.") { name, count };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var lookup = new Lookup(await session.StoreAsync(), session.Cancellation);
            var dag = await lookup.DagAsync(parsed.GetRequiredValue(name));
            var spec = await lookup.SpecAsync(dag.Name, dag.Version);
            var bounds = new ScheduleBounds(dag.FirstSeenAt, spec.StartDate, spec.EndDate);
            var now = session.Time.GetUtcNow();
            var firings = new List<FiringView>();
            if (!spec.Schedule.NeedsUserCode)
            {
                var next = spec.Schedule.Pending(dag.LastLogicalTime, now, spec.Catchup, bounds);
                for (; next is { } firing && firings.Count < parsed.GetValue(count); next = spec.Schedule.Next(firing.LogicalTime, bounds))
                    firings.Add(new(firing.LogicalTime, firing.IntervalStart, firing.IntervalEnd));
            }
            else if (dag.NextDue is { } due)
                firings.Add(new(due, due, due));
            session.Show(firings, Views.Default.IReadOnlyListFiringView, terminal =>
            {
                terminal.Line($"{dag.Name}: {spec.Schedule.Describe()}{(dag.Paused ? " (paused: none of these start until 'millrace dags unpause " + dag.Name + "')" : "")}");
                if (firings.Count == 0)
                {
                    terminal.Line(spec.Schedule.Condition is not null ? "It runs when its assets are updated."
                        : spec.Schedule.Topics.Count > 0 ? "It runs when records come."
                        : "No time of its own: it runs when triggered.");
                    return;
                }
                var table = new Columns("due (logical time)", "data interval from", "to");
                foreach (var firing in firings)
                    table.Add(Text.Of(firing.LogicalTime), Text.Of(firing.IntervalStart), Text.Of(firing.IntervalEnd));
                table.WriteTo(terminal);
            });
            return ExitCode.Ok;
        }));
        return command;
    }
}
