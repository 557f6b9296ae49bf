using Millrace.Dags;
using Millrace.Runs;

namespace Millrace.Testing.Simulation;

/// <summary>
/// Airflow's trigger rules once more, written as slowly and plainly as possible: what a rule says of upstream tasks that have all
/// ended. A decision taken earlier is right if no way in which the rest may end would make it wrong.
/// </summary>
static class RuleOracle
{
    static readonly TaskState[] Ends = [TaskState.Success, TaskState.Failed, TaskState.Skipped, TaskState.UpstreamFailed];

    /// <returns>What is wrong with the decision, or null.</returns>
    internal static string? Fault(TriggerRule rule, IReadOnlyList<(TaskState State, bool IsSetup)> upstream, TaskState decided)
    {
        var known = upstream.Where(up => up.State != TaskState.Removed).ToArray();
        // An open setup can end in its own ways; few tasks have one, so trying all is cheap.
        var outcomes = Completions(known.Where(up => up.State.IsFinished()).ToArray(), known.Where(up => !up.State.IsFinished()).Select(up => up.IsSetup).ToArray())
            .Select(ends => rule == TriggerRule.Always || ends.Count == 0 ? TaskState.Scheduled : Final(rule, ends)).Distinct().ToArray();
        var isRight = decided == TaskState.Scheduled
            ? outcomes is [TaskState.Scheduled] || IsOneRule(rule) && Holds(rule, known)
            : !outcomes.Contains(TaskState.Scheduled) && outcomes.Contains(decided);
        return isRight ? null : $"rule {rule} over [{string.Join(", ", known.Select(up => up.State.Name()))}] allows {string.Join(" or ", outcomes.Select(TaskStates.Name))}";
    }

    static bool IsOneRule(TriggerRule rule) => rule is TriggerRule.OneSuccess or TriggerRule.OneFailed or TriggerRule.OneDone;

    static bool Holds(TriggerRule rule, IEnumerable<(TaskState State, bool IsSetup)> known) => known.Any(up => rule switch
    {
        TriggerRule.OneSuccess => up.State == TaskState.Success,
        TriggerRule.OneFailed => up.State is TaskState.Failed or TaskState.UpstreamFailed,
        _ => up.State is TaskState.Success or TaskState.Failed,
    });

    static TaskState Final(TriggerRule rule, List<(TaskState State, bool IsSetup)> ends)
    {
        bool Is((TaskState State, bool) up, params TaskState[] states) => states.Contains(up.State);
        bool Failed((TaskState State, bool) up) => Is(up, TaskState.Failed, TaskState.UpstreamFailed);
        bool Succeeded((TaskState State, bool) up) => Is(up, TaskState.Success);
        bool Skipped((TaskState State, bool) up) => Is(up, TaskState.Skipped);

        var otherwise = ends.Any(Failed) ? TaskState.UpstreamFailed : TaskState.Skipped;
        var setups = ends.Where(up => up.IsSetup).ToArray();
        return rule switch
        {
            TriggerRule.AllSuccess => ends.All(Succeeded) ? TaskState.Scheduled : otherwise,
            TriggerRule.AllFailed => ends.All(Failed) ? TaskState.Scheduled : TaskState.Skipped,
            TriggerRule.AllDone => TaskState.Scheduled,
            TriggerRule.AllDoneMinOneSuccess => ends.Any(Succeeded) ? TaskState.Scheduled : otherwise,
            TriggerRule.AllDoneSetupSuccess => setups.All(Succeeded) ? TaskState.Scheduled : setups.Any(Failed) ? TaskState.UpstreamFailed : TaskState.Skipped,
            TriggerRule.OneSuccess => ends.Any(Succeeded) ? TaskState.Scheduled : otherwise,
            TriggerRule.OneFailed => ends.Any(Failed) ? TaskState.Scheduled : TaskState.Skipped,
            TriggerRule.OneDone => ends.Any(up => Is(up, TaskState.Success, TaskState.Failed)) ? TaskState.Scheduled : otherwise,
            TriggerRule.NoneFailed => ends.Any(Failed) ? TaskState.UpstreamFailed : TaskState.Scheduled,
            TriggerRule.NoneFailedMinOneSuccess => ends.Any(Failed) ? TaskState.UpstreamFailed : ends.Any(Succeeded) ? TaskState.Scheduled : TaskState.Skipped,
            TriggerRule.NoneSkipped => ends.Any(Skipped) ? TaskState.Skipped : TaskState.Scheduled,
            TriggerRule.AllSkipped => ends.All(Skipped) ? TaskState.Scheduled : TaskState.Skipped,
            _ => TaskState.Scheduled,
        };
    }

    /// <summary>Every way in which the open ones may end; order does not matter, so each mixture comes once.</summary>
    static IEnumerable<List<(TaskState State, bool IsSetup)>> Completions((TaskState State, bool IsSetup)[] ended, bool[] open)
    {
        if (open.Length == 0)
        {
            yield return [.. ended];
            yield break;
        }
        // Beyond three, more of the same end changes no rule's answer.
        var few = open.Length > 3 ? [.. open.OrderDescending().Take(3)] : open;
        var ways = (int)Math.Pow(Ends.Length, few.Length);
        for (var way = 0; way < ways; way++)
        {
            var all = new List<(TaskState, bool)>(ended);
            for (int position = 0, rest = way; position < few.Length; position++, rest /= Ends.Length) all.Add((Ends[rest % Ends.Length], few[position]));
            yield return all;
        }
    }
}
