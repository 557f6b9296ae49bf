using Millrace.Dags;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Testing;

sealed partial class LocalRun
{
    readonly Queue<(LocalRecord Record, TaskInstance Instance)> toTrigger = new();

    void Trigger(LocalRecord record, TaskInstance instance)
    {
        if (instance.State != TaskState.Scheduled) return;
        var run = record.Run;
        var trigger = run.SpecOf(instance).Trigger!;
        if (options.TriggerFault?.Invoke(instance.Id.Task) is { } fault) run.TriggerFailed(instance, fault, Now);
        else if (!options.Known.TryGetValue(trigger.Dag, out var dag))
        {
            record.Children.Add(new(instance.Id, trigger, null));
            run.Triggered(instance, RunId.New(Now), waits: false, Now);
        }
        else
        {
            if (records.Count >= MostRuns)
                throw new InvalidOperationException($"{MostRuns} runs were triggered, the last by '{instance.Id.Task}' of Dag '{run.Row.Dag}': do Dags trigger each other in a circle?");
            try
            {
                var child = ChildRow(run.Row, instance, trigger, dag);
                run.Triggered(instance, child.Id, trigger.Wait, Now);
                After(record);
                record.Children.Add(new(instance.Id, trigger, Begin(dag, child)));
            }
            catch (ParamException e)
            {
                run.TriggerFailed(instance, e.Message, Now);
            }
        }
        After(record);
    }

    RunRow ChildRow(RunRow parent, TaskInstance by, TriggerDagSpec trigger, Dag dag)
    {
        var now = Now;
        var index = by.Id.MapIndex == InstanceId.Unmapped ? "" : $"__{by.Id.MapIndex}";
        return Row(dag, RunKind.Triggered, now.Kept(), ParamSet.Resolve(dag.Name, dag.Spec.Params, trigger.Params), now) with
        {
            Key = $"triggered__{parent.Dag}__{parent.Key}__{by.Id.Task}{index}__{by.Attempt + 1}",
            Parent = trigger.Wait ? by.Id : null,
        };
    }
}
