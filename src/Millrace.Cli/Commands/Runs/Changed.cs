using Millrace.Cli.Output;
using Millrace.Runs;

namespace Millrace.Cli.Commands;

/// <summary>What clear and mark say they did.</summary>
static class Changed
{
    const int Shown = 30;

    internal static async Task ShowAsync(Session session, IReadOnlyList<InstanceId> instances, string verb, bool dryRun)
    {
        var runs = instances.Select(instance => instance.Run).Distinct().ToList();
        if (!dryRun)
            foreach (var run in runs) await session.WakeAsync(run);
        var view = new ChangedView(dryRun, [.. instances.Select(instance =>
            new InstanceView(instance.Run.ToString(), instance.Task, instance.MapIndex == InstanceId.Unmapped ? null : instance.MapIndex))]);
        session.Show(view, Views.Default.ChangedView, terminal =>
        {
            var names = instances.Select(instance => instance.MapIndex == InstanceId.Unmapped ? instance.Task : $"{instance.Task}[{instance.MapIndex}]").ToList();
            foreach (var group in names.GroupBy(name => name).Take(Shown))
                terminal.Line($"  {group.Key}{(runs.Count > 1 ? $"  in {Text.Count(group.Count(), "run")}" : "")}");
            if (names.Distinct().Count() > Shown) terminal.Line("  ...");
            var of = runs.Count > 1 ? $" of {Text.Count(runs.Count, "run")}" : "";
            terminal.Line(instances.Count == 0 ? $"Nothing to be {verb}: no task that was chosen has run." : $"{Text.Count(instances.Count, "task")}{of} {(dryRun ? "would be " : "")}{verb}.");
        });
    }
}
