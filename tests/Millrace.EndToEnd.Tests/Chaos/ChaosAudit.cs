using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.EndToEnd.Tests.Chaos;

/// <summary>What the store says happened, checked against what must hold.</summary>
sealed record ChaosAudit(int RunsSucceeded, int TasksSucceeded, int Attempts, int AttemptsLost, int MostSlotsUsed, IReadOnlyList<string> Violations)
{
    internal static async Task<ChaosAudit> ReadAsync(IMetadataStore store, int runs, CancellationToken cancellation)
    {
        var violations = new List<string>();
        var histories = new List<RunHistory>();
        foreach (var run in await store.ListRunsAsync(new RunFilter { Dag = "chaos", Limit = int.MaxValue }, cancellation))
            histories.Add((await store.LoadHistoryAsync(run.Id, cancellation))!);
        if (histories.Count != runs) violations.Add($"{histories.Count} runs instead of {runs}");

        foreach (var history in histories)
        {
            foreach (var attempts in history.Attempts.GroupBy(attempt => attempt.Id.Instance))
            {
                var succeeded = attempts.Count(attempt => attempt.State == AttemptState.Success);
                if (succeeded != 1) violations.Add($"{attempts.Key} succeeded {succeeded} times");
                if (attempts.Any(attempt => attempt.State == AttemptState.Running)) violations.Add($"{attempts.Key} has an attempt that never ended");
            }
            CheckSteps(history, violations);
        }
        return new ChaosAudit(
            histories.Count(history => history.Run.State == RunState.Success),
            histories.Sum(history => history.Tasks.Count(task => task.State == TaskState.Success)),
            histories.Sum(history => history.Attempts.Count),
            histories.Sum(history => history.Attempts.Count(attempt => attempt.State == AttemptState.Lost)),
            MostSlots(histories),
            violations);
    }

    /// <summary>Every instance's steps join up, from none to success.</summary>
    static void CheckSteps(RunHistory history, List<string> violations)
    {
        foreach (var steps in history.Transitions.Where(step => step.Task.Length > 0).GroupBy(step => (step.Task, step.MapIndex)))
        {
            var at = "none";
            foreach (var step in steps)
            {
                if (step.From != at) violations.Add($"{history.Run.Key} {steps.Key}: a step from '{step.From}' while it was '{at}'");
                at = step.To;
            }
            if (at != "success") violations.Add($"{history.Run.Key} {steps.Key} ended as '{at}'");
        }
    }

    /// <summary>The most instances that were queued or running at once. Of two steps at one instant, the one that frees a slot counts first.</summary>
    static int MostSlots(IEnumerable<RunHistory> histories)
    {
        static bool Holds(string state) => state is "queued" or "running" or "restarting";
        var (used, most) = (0, 0);
        foreach (var change in histories.SelectMany(history => history.Transitions).Where(step => step.Task.Length > 0)
            .Select(step => (step.At, Change: (Holds(step.To) ? 1 : 0) - (Holds(step.From) ? 1 : 0)))
            .Where(step => step.Change != 0).OrderBy(step => step.At).ThenBy(step => step.Change))
            most = Math.Max(most, used += change.Change);
        return most;
    }

    public override string ToString() =>
        $"{RunsSucceeded} runs and {TasksSucceeded} tasks succeeded in {Attempts} attempts, {AttemptsLost} of them lost; at most {MostSlotsUsed} slots used; {Violations.Count} violations{string.Concat(Violations.Take(20).Select(text => "\n  " + text))}";
}
