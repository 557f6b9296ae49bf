using Millrace.Execution;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Scheduling;

// An author's own schedule is code: it is asked in a worker, and the Dag is due when the answer says.
sealed partial class Scheduler
{
    readonly Dictionary<Guid, (string Dag, string Version)> questions = [];
    readonly List<(Guid Question, FiringAnswer Answer)> answers = [];
    readonly Dictionary<string, Firing> known = new(StringComparer.Ordinal);

    void Ask(DagRow dag, DagGraph graph, DateTimeOffset now)
    {
        if (stopping || questions.ContainsValue((dag.Name, dag.Version))) return;
        var question = Guid.NewGuid();
        questions.Add(question, (dag.Name, dag.Version));
        executor.Run(new Assignment
        {
            Kind = AssignmentKind.Firing,
            Attempt = new AttemptId(new InstanceId(default, "", InstanceId.Unmapped), 1, question),
            Dag = dag.Name,
            Version = graph.Version,
            Bundle = graph.Bundle,
            RunKey = "",
            LogicalTime = now,
            IntervalStart = now,
            IntervalEnd = now,
            Params = "{}",
            Try = 1,
            MaxTries = 1,
            Question = new FiringQuestion(dag.LastLogicalTime, now, graph.Spec.Catchup, dag.FirstSeenAt, graph.Spec.StartDate, graph.Spec.EndDate),
        });
    }

    async Task AskAllAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        foreach (var dag in catalog.ToAsk)
            if (await catalog.GraphAsync(dag.Name, dag.Version, cancellation).ConfigureAwait(false) is { } graph) Ask(dag, graph, now);
        catalog.ToAsk.Clear();
    }

    async Task TakeAnswersAsync(CancellationToken cancellation)
    {
        foreach (var (question, answer) in answers)
        {
            if (!questions.Remove(question, out var asked)) continue;
            if (answer.Error is { } error) Log.ScheduleFailed(logger, asked.Dag, error);
            if (catalog.Find(asked.Dag) is not { } dag || dag.Version != asked.Version || answer.LogicalTime is not { } at) continue;
            known[dag.Name] = new Firing(at, answer.IntervalStart ?? at, answer.IntervalEnd ?? at);
            await store.SetNextDueAsync([(dag.Name, dag.Version, at)], cancellation).ConfigureAwait(false);
            catalog.Set(dag with { NextDue = at });
        }
        answers.Clear();
    }
}
