using Millrace.Runs;

namespace Millrace.Metadata;

sealed record SchedulerRow(SchedulerId Id, string Host, int ProcessId, DateTimeOffset StartedAt, DateTimeOffset LeaseUntil);

/// <summary>A wish for part of a limit that several schedulers share.</summary>
/// <param name="Key"><c>pool:NAME</c>, <c>runs:DAG</c>, <c>dag:DAG</c> or <c>task:DAG/TASK</c>.</param>
/// <param name="Capacity">The whole limit; ignored for pools, whose size the store knows.</param>
/// <param name="Want">How much the scheduler could use in all, what it holds included.</param>
sealed record ShareRequest(string Key, int Capacity, int Want);

/// <param name="Held">What the scheduler may use; the sum over all schedulers never exceeds the capacity.</param>
/// <param name="Capacity">-1: there is no such pool.</param>
/// <param name="OthersWant">Another scheduler wants more than it could get: give back what you don't need.</param>
sealed record Share(string Key, int Held, int Capacity, bool OthersWant);

sealed record RunSnapshot(RunRow Run, IReadOnlyList<TaskInstance> Tasks);
