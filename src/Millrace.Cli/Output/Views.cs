using System.Text.Json;
using System.Text.Json.Serialization;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Cli.Output;

// What --json prints: these names are a promise to scripts.

sealed record DagView(string Name, bool Paused, bool Active, string Schedule, DateTimeOffset? NextDue, DateTimeOffset? LastLogicalTime,
    string Version, string Source, string? Owner, string? Description, IReadOnlyList<string> Tags)
{
    internal static DagView Of(DagRow dag) => new(dag.Name, dag.Paused, dag.Active, dag.Schedule, dag.Paused ? null : dag.NextDue,
        dag.LastLogicalTime, dag.Version, dag.Source, dag.Owner, dag.Description, dag.Tags);
}

sealed record RunView(string Id, string Dag, string Key, string Kind, string State, DateTimeOffset LogicalTime, DateTimeOffset IntervalStart,
    DateTimeOffset IntervalEnd, JsonElement Params, DateTimeOffset QueuedAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt,
    string Version, bool DeadlineMissed, string? Note, RunRecords? Records)
{
    internal static RunView Of(RunRow run) => new(run.Id.ToString(), run.Dag, run.Key, run.Kind.Name(), run.State.Name(), run.LogicalTime,
        run.IntervalStart, run.IntervalEnd, JsonDocument.Parse(run.Params).RootElement, run.QueuedAt, run.StartedAt, run.EndedAt,
        run.Version, run.DeadlineMissed, run.Note, run.Records);
}

sealed record TaskView(string Task, int? MapIndex, string State, int Attempt, DateTimeOffset? QueuedAt, DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt, DateTimeOffset? DueAt, string? Worker, string? Reason)
{
    internal static TaskView Of(TaskInstance task) => new(task.Id.Task, task.Id.MapIndex == InstanceId.Unmapped ? null : task.Id.MapIndex,
        task.State.Name(), task.Attempt, task.QueuedAt, task.StartedAt, task.EndedAt, task.DueAt, task.Worker, task.Reason);
}

sealed record AttemptView(string Task, int? MapIndex, int Attempt, string State, DateTimeOffset StartedAt, DateTimeOffset? EndedAt,
    string? Worker, int? ExitCode, string? Error, string Log);

sealed record TransitionView(string? Task, int? MapIndex, int Attempt, string From, string To, DateTimeOffset At, string? Reason);

sealed record RunHistoryView(RunView Run, IReadOnlyList<TaskView> Tasks, IReadOnlyList<AttemptView> Attempts, IReadOnlyList<TransitionView> Transitions);

sealed record DagDetailsView(DagView Dag, int VersionNumber, JsonElement Spec, JsonElement ParamsSchema, IReadOnlyList<RecordPlaceView> RecordPlaces);

/// <param name="Next">The offset of the first record that has not started a run.</param>
sealed record RecordPlaceView(string Topic, int Partition, long Next);

sealed record FiringView(DateTimeOffset LogicalTime, DateTimeOffset IntervalStart, DateTimeOffset IntervalEnd);

sealed record VersionView(int Number, string Hash, string Bundle, DateTimeOffset CreatedAt, bool InForce, int Tasks);

sealed record ErrorView(string Source, int Line, int Column, string Kind, string Message, DateTimeOffset At);

sealed record PausedView(string Dag, bool Paused);

sealed record PoolView(string Name, int Slots, int Used, int Waiting, string? Description);

sealed record VariableView(string Key, string Value, string? Description);

sealed record AssetView(string Name, DateTimeOffset? LastUpdate, long Updates, IReadOnlyList<string> Producers, IReadOnlyList<string> Consumers);

sealed record AssetUpdateView(string Asset, DateTimeOffset At);

sealed record DeletedView(string Deleted);

sealed record CreatedView(IReadOnlyList<string> Created);

sealed record HealthView(string Kind, string Location, int SchemaVersion, int NewestKnown, long Dags, long Runs, long TaskInstances, IReadOnlyList<string> Problems);

sealed record CleanedView(bool DryRun, DateTimeOffset Before, int Runs, long Rows);

sealed record SettingView(string Key, string Value, string Origin, string Default, string Environment, string Flag, string Says);

sealed record LogView(string Dag, string Run, string Task, int? MapIndex, int Attempt, string File, IReadOnlyList<string> Lines);

sealed record InstanceView(string Run, string Task, int? MapIndex);

sealed record ChangedView(bool DryRun, IReadOnlyList<InstanceView> Tasks);

sealed record BackfillStep(DateTimeOffset LogicalTime, DateTimeOffset IntervalStart, DateTimeOffset IntervalEnd, string Does, string? Was);

sealed record BackfillView(string Id, string Dag, DateTimeOffset From, DateTimeOffset To, string Reprocess, int MaxActive, bool NewestFirst, string State,
    DateTimeOffset? Cursor, IReadOnlyList<BackfillStep> Plan);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<DagView>))]
[JsonSerializable(typeof(IReadOnlyList<RunView>))]
[JsonSerializable(typeof(IReadOnlyList<TaskView>))]
[JsonSerializable(typeof(RunView))]
[JsonSerializable(typeof(RunHistoryView))]
[JsonSerializable(typeof(ChangedView))]
[JsonSerializable(typeof(BackfillView))]
[JsonSerializable(typeof(IReadOnlyList<BackfillView>))]
[JsonSerializable(typeof(DagDetailsView))]
[JsonSerializable(typeof(IReadOnlyList<FiringView>))]
[JsonSerializable(typeof(IReadOnlyList<VersionView>))]
[JsonSerializable(typeof(IReadOnlyList<ErrorView>))]
[JsonSerializable(typeof(PausedView))]
[JsonSerializable(typeof(IReadOnlyList<PoolView>))]
[JsonSerializable(typeof(IReadOnlyList<VariableView>))]
[JsonSerializable(typeof(IReadOnlyList<AssetView>))]
[JsonSerializable(typeof(AssetUpdateView))]
[JsonSerializable(typeof(DeletedView))]
[JsonSerializable(typeof(CreatedView))]
[JsonSerializable(typeof(HealthView))]
[JsonSerializable(typeof(CleanedView))]
[JsonSerializable(typeof(IReadOnlyList<SettingView>))]
[JsonSerializable(typeof(LogView))]
sealed partial class Views : JsonSerializerContext;
