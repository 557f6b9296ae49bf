using Millrace.Execution;
using Millrace.Runs;

namespace Millrace.Core.Tests.Scheduling;

/// <summary>An executor whose workers are the test: it takes assignments and reports what it is told to.</summary>
sealed class HandExecutor(int capacity) : IExecutor
{
    IExecutorListener listener = null!;

    /// <summary>Handed out and not reported, in the order they came.</summary>
    internal List<Assignment> Out { get; } = [];
    internal List<Assignment> Callbacks { get; } = [];
    internal List<(AttemptId Attempt, CancelReason Reason)> Cancelled { get; } = [];
    internal int HandedOut { get; private set; }

    public int Free => capacity - Out.Count;

    public Task StartAsync(IExecutorListener listener, CancellationToken cancellation)
    {
        this.listener = listener;
        return Task.CompletedTask;
    }

    public void Run(Assignment assignment)
    {
        if (assignment.Kind == AssignmentKind.Callback)
        {
            Callbacks.Add(assignment);
            return;
        }
        HandedOut++;
        Out.Add(assignment);
    }

    public void Cancel(AttemptId attempt, CancelReason reason) => Cancelled.Add((attempt, reason));

    public void Expect(int waiting)
    {
    }

    public Task StopAsync(TimeSpan grace)
    {
        foreach (var assignment in Out.ToArray()) Report(assignment, Outcome.Returned);
        return Task.CompletedTask;
    }

    internal void Report(Assignment assignment, Outcome outcome, int? listLength = null)
    {
        Out.Remove(assignment);
        listener.Reported(new AttemptReport
        {
            Attempt = assignment.Attempt,
            Outcome = outcome,
            Worker = "hand",
            StartedAt = default,
            EndedAt = default,
            Error = outcome == Outcome.Failed ? "it threw" : null,
            Result = listLength is { } length ? new ResultValue([], null, 0, length, "list") : null,
        });
    }

    internal void EndCallback(Assignment callback) => listener.CallbackEnded(callback.Attempt.Lease, null);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
