using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Dags;
using Millrace.Metadata;
using Millrace.Runs;
using Millrace.Scheduling;

namespace Millrace.Cli.Commands;

static class DagsBackfill
{
    internal static Command Create()
    {
        var name = DagArgument.Create();
        var from = new Option<string?>("--from", "-s", "--start-date") { Description = "The first logical time.", HelpName = "time" };
        var to = new Option<string?>("--to", "-e", "--end-date") { Description = "The last logical time.", HelpName = "time" };
        var reprocess = new Option<string>("--reprocess") { Description = "Which times that had a run already run again: none, failed or all.", HelpName = "which", DefaultValueFactory = _ => "none" };
        var maxActive = new Option<int>("--max-active") { Description = "How many of its runs are active at once.", HelpName = "number", DefaultValueFactory = _ => 4 };
        var newestFirst = new Option<bool>("--newest-first") { Description = "Begin with the newest." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say which runs it would be." };
        var parameters = new ParamOptions();
        var command = new Command("backfill", "Runs a Dag for every time that its schedule fired in a range; after fresh runs, never before them.")
        {
            name, from, to, reprocess, maxActive, newestFirst, dryRun,
        };
        parameters.AddTo(command);
        command.Add(BackfillList.Create());
        command.Add(BackfillState.Create("pause", "Stops starting runs of a backfill.", Metadata.BackfillState.Paused));
        command.Add(BackfillState.Create("resume", "Lets a paused backfill go on.", Metadata.BackfillState.Running));
        command.Add(BackfillState.Create("cancel", "Ends a backfill; its runs that have begun go on.", Metadata.BackfillState.Cancelled));
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var lookup = new Lookup(store, session.Cancellation);
            var dag = await lookup.DagAsync(parsed.GetRequiredValue(name));
            var spec = await lookup.SpecAsync(dag.Name, dag.Version);
            var now = session.Time.GetUtcNow();
            var backfill = new BackfillRow
            {
                Id = new(Guid.CreateVersion7(now)),
                Dag = dag.Name,
                From = Required("--from", parsed.GetValue(from), now),
                To = Required("--to", parsed.GetValue(to), now),
                Reprocess = ReprocessOf(parsed.GetRequiredValue(reprocess)),
                MaxActive = parsed.GetValue(maxActive) is var most and >= 1 ? most : throw new UserErrorException("--max-active must be 1 or more."),
                NewestFirst = parsed.GetValue(newestFirst),
                Params = ParamSet.Resolve(dag.Name, spec.Params, parameters.Read(parsed, spec)).ToString(),
                CreatedAt = now,
            };
            if (backfill.To < backfill.From) throw new UserErrorException($"--to ({Text.Of(backfill.To)}) lies before --from ({Text.Of(backfill.From)}).");
            var plan = await PlanAsync(store, dag, spec, backfill, session.Cancellation);
            if (plan.Count == 0)
                throw new UserErrorException($"The schedule of '{dag.Name}' ({spec.Schedule.Describe()}) fires at no time from {Text.Of(backfill.From)} to {Text.Of(backfill.To)}.");
            if (!parsed.GetValue(dryRun))
            {
                await store.CreateBackfillAsync(backfill, session.Cancellation);
                await session.WakeAsync();
            }
            var view = new BackfillView(backfill.Id.Value.ToString("N"), backfill.Dag, backfill.From, backfill.To, parsed.GetRequiredValue(reprocess), backfill.MaxActive,
                backfill.NewestFirst, parsed.GetValue(dryRun) ? "dry_run" : "running", null, plan);
            session.Show(view, Views.Default.BackfillView, terminal => Write(terminal, view));
            return ExitCode.Ok;
        }));
        return command;
    }

    static async Task<IReadOnlyList<BackfillStep>> PlanAsync(IMetadataStore store, DagRow dag, DagSpec spec, BackfillRow backfill, CancellationToken cancellation)
    {
        var existing = (await store.ListRunsAsync(new() { Dag = dag.Name, From = backfill.From, To = backfill.To, Limit = int.MaxValue }, cancellation))
            .Where(run => run.Kind is RunKind.Scheduled or RunKind.Backfill)
            .GroupBy(run => run.LogicalTime).ToDictionary(runs => runs.Key, runs => runs.First());
        return [.. BackfillWork.Firings(spec, dag, backfill.From, backfill.To, backfill.NewestFirst).Select(firing =>
        {
            var run = existing.GetValueOrDefault(firing.LogicalTime.Kept());
            var again = run is not null && run.State.IsFinished() && (backfill.Reprocess == Reprocess.All || (backfill.Reprocess == Reprocess.Failed && run.State == RunState.Failed));
            return new BackfillStep(firing.LogicalTime, firing.IntervalStart, firing.IntervalEnd, run is null ? "run" : again ? "run again" : "leave", run?.State.Name());
        })];
    }

    static void Write(Terminal terminal, BackfillView view)
    {
        if (view.State == "dry_run")
        {
            var table = new Columns("logical time", "data interval from", "to", "would", "was");
            foreach (var step in view.Plan)
                table.Add(Text.Of(step.LogicalTime), Text.Of(step.IntervalStart), Text.Of(step.IntervalEnd), step.Does, Text.Of(step.Was));
            table.WriteTo(terminal);
        }
        var work = view.Plan.Count(step => step.Does != "leave");
        var left = view.Plan.Count - work;
        terminal.Line($"{Text.Count(work, "run")}{(left > 0 ? $", {left} left as they are" : "")}{(view.State == "dry_run" ? " (dry run: nothing was started)." : ".")}");
        if (view.State != "dry_run")
            terminal.Line($"Backfill {view.Id[..12]} of {view.Dag} is under way: 'millrace dags backfill list' shows how far it is.");
    }

    static DateTimeOffset Required(string option, string? text, DateTimeOffset now) => text is null
        ? throw new UserErrorException($"A backfill needs its range: {option} is missing. millrace dags backfill DAG --from 2026-11-01 --to 2026-11-20")
        : Times.Parse(option, text, now);

    static Reprocess ReprocessOf(string text) => text switch
    {
        "none" => Reprocess.None,
        "failed" => Reprocess.Failed,
        "all" => Reprocess.All,
        _ => throw new UserErrorException($"--reprocess is '{text}'. Give none, failed or all."),
    };
}
