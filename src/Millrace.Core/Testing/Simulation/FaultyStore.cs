using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Testing.Simulation;

/// <summary>The store's answer did not come: whether it did what it was asked is not known to the caller.</summary>
sealed class StoreAwayException(string when) : Exception($"The store could not be reached ({when}).");

/// <summary>The way from one process to the store.</summary>
sealed class Line
{
    /// <summary>Of a thousand calls, how many fail.</summary>
    internal int FailuresPerThousand { get; set; }

    /// <summary>The process that calls is gone: nothing it still does reaches the store.</summary>
    internal bool IsDead { get; set; }
}

/// <summary>
/// A real store behind a bad line: each call first waits until the simulation lets it pass, so that two schedulers meet at every
/// point where they could; then it may fail before it was carried out or after ("executed, then timed out").
/// </summary>
sealed class FaultyStore(IMetadataStore inner, Line line, Random random, Func<Task> pass, Referee referee) : IMetadataStore
{
    async Task<T> Do<T>(Func<Task<T>> call, Action<T>? seen = null)
    {
        await pass().ConfigureAwait(false);
        if (line.IsDead) throw new StoreAwayException("the process was killed");
        var fate = random.Next(1000);
        if (fate < line.FailuresPerThousand / 2) throw new StoreAwayException("before it did anything");
        var answer = await call().ConfigureAwait(false);
        seen?.Invoke(answer);
        if (line.IsDead || fate < line.FailuresPerThousand) throw new StoreAwayException("after it was done");
        return answer;
    }

    Task<bool> Do(Func<Task> call) => Do(async () =>
    {
        await call().ConfigureAwait(false);
        return true;
    });

    public Task<CommitResult> CommitAsync(CommitBatch batch, CancellationToken cancellation) =>
        Do(() => inner.CommitAsync(batch, cancellation), result => referee.Committed(batch, result));

    public Task<bool> ConsumeAssetsAsync(RunRow run, IReadOnlySet<string> seen, CancellationToken cancellation) =>
        Do(() => inner.ConsumeAssetsAsync(run, seen, cancellation), created =>
        {
            if (created) referee.Created(run);
        });

    public Task<bool> TakeRecordsAsync(RecordTake take, CancellationToken cancellation) =>
        Do(() => inner.TakeRecordsAsync(take, cancellation), taken =>
        {
            if (taken && take.Run is { } run) referee.Created(run);
        });

    public Task<IReadOnlyList<RecordPlace>> RecordPlacesAsync(string watch, string topic, CancellationToken cancellation) => Do(() => inner.RecordPlacesAsync(watch, topic, cancellation));
    public Task MigrateAsync(CancellationToken cancellation) => inner.MigrateAsync(cancellation);
    public Task<StoreHealth> CheckAsync(CancellationToken cancellation) => inner.CheckAsync(cancellation);
    public Task<Cleaned> CleanAsync(DateTimeOffset before, bool dryRun, CancellationToken cancellation) => Do(() => inner.CleanAsync(before, dryRun, cancellation));
    public Task<RunSnapshot?> LoadRunAsync(RunId id, CancellationToken cancellation) => Do(() => inner.LoadRunAsync(id, cancellation));
    public Task<IReadOnlyList<RunSnapshot>> LoadRunsAsync(IReadOnlyList<RunId> ids, CancellationToken cancellation) => Do(() => inner.LoadRunsAsync(ids, cancellation));
    public Task<RunHistory?> LoadHistoryAsync(RunId id, CancellationToken cancellation) => Do(() => inner.LoadHistoryAsync(id, cancellation));
    public Task<RunId?> FindRunAsync(string dag, string key, CancellationToken cancellation) => Do(() => inner.FindRunAsync(dag, key, cancellation));
    public Task<IReadOnlyList<RunRow>> ListRunsAsync(RunFilter filter, CancellationToken cancellation) => Do(() => inner.ListRunsAsync(filter, cancellation));
    public Task<TaskState?> PastStateAsync(string dag, string task, int mapIndex, DateTimeOffset before, CancellationToken cancellation) =>
        Do(() => inner.PastStateAsync(dag, task, mapIndex, before, cancellation));
    public Task<ResultValue?> ReadResultAsync(InstanceId id, CancellationToken cancellation) => Do(() => inner.ReadResultAsync(id, cancellation));
    public Task<IReadOnlyList<ResultRow>> ReadResultsAsync(RunId run, string task, CancellationToken cancellation) => Do(() => inner.ReadResultsAsync(run, task, cancellation));
    public Task JoinAsync(SchedulerRow scheduler, CancellationToken cancellation) => Do(() => inner.JoinAsync(scheduler, cancellation));
    public Task<bool> RenewAsync(SchedulerId id, DateTimeOffset until, CancellationToken cancellation) => Do(() => inner.RenewAsync(id, until, cancellation));
    public Task LeaveAsync(SchedulerId id, CancellationToken cancellation) => Do(() => inner.LeaveAsync(id, cancellation));
    public Task<IReadOnlyList<SchedulerRow>> ListSchedulersAsync(CancellationToken cancellation) => Do(() => inner.ListSchedulersAsync(cancellation));
    public Task<IReadOnlyList<SchedulerId>> EvictAsync(SchedulerId by, DateTimeOffset now, CancellationToken cancellation) => Do(() => inner.EvictAsync(by, now, cancellation));
    public Task<IReadOnlyList<RunSnapshot>> ClaimRunsAsync(SchedulerId by, int most, CancellationToken cancellation) => Do(() => inner.ClaimRunsAsync(by, most, cancellation));
    public Task<IReadOnlyList<BackfillRow>> ClaimBackfillsAsync(SchedulerId by, CancellationToken cancellation) => Do(() => inner.ClaimBackfillsAsync(by, cancellation));
    public Task<IReadOnlyList<CallbackRow>> ClaimCallbacksAsync(SchedulerId by, CancellationToken cancellation) => Do(() => inner.ClaimCallbacksAsync(by, cancellation));
    public Task<IReadOnlyDictionary<RunId, long>> OwnedRevisionsAsync(SchedulerId by, CancellationToken cancellation) => Do(() => inner.OwnedRevisionsAsync(by, cancellation));
    public Task<IReadOnlyList<Share>> HeldSharesAsync(SchedulerId by, CancellationToken cancellation) => Do(() => inner.HeldSharesAsync(by, cancellation));
    public Task<IReadOnlyList<Share>> ShareAsync(SchedulerId by, IReadOnlyList<ShareRequest> requests, CancellationToken cancellation) => Do(() => inner.ShareAsync(by, requests, cancellation));
    public Task<IReadOnlyList<DagVersion>> RegisterAsync(IReadOnlyList<SourceReading> readings, DateTimeOffset now, CancellationToken cancellation) =>
        Do(() => inner.RegisterAsync(readings, now, cancellation));
    public Task<IReadOnlyList<DagRow>> ListDagsAsync(CancellationToken cancellation) => Do(() => inner.ListDagsAsync(cancellation));
    public Task<DagRow?> FindDagAsync(string name, CancellationToken cancellation) => Do(() => inner.FindDagAsync(name, cancellation));
    public Task<DagVersion?> LoadVersionAsync(string dag, string hash, CancellationToken cancellation) => Do(() => inner.LoadVersionAsync(dag, hash, cancellation));
    public Task<IReadOnlyList<DagVersion>> ListVersionsAsync(string dag, CancellationToken cancellation) => Do(() => inner.ListVersionsAsync(dag, cancellation));
    public Task<IReadOnlyList<DagError>> ListErrorsAsync(CancellationToken cancellation) => Do(() => inner.ListErrorsAsync(cancellation));
    public Task<bool> SetPausedAsync(string dag, bool paused, CancellationToken cancellation) => Do(() => inner.SetPausedAsync(dag, paused, cancellation));
    public Task SetNextDueAsync(IReadOnlyList<(string Dag, string Version, DateTimeOffset? NextDue)> due, CancellationToken cancellation) => Do(() => inner.SetNextDueAsync(due, cancellation));
    public Task<IReadOnlyList<AssetRow>> ListAssetsAsync(CancellationToken cancellation) => Do(() => inner.ListAssetsAsync(cancellation));
    public Task RecordAssetEventAsync(string asset, DateTimeOffset at, CancellationToken cancellation) => Do(() => inner.RecordAssetEventAsync(asset, at, cancellation));
    public Task<IReadOnlySet<string>> PendingAssetsAsync(string dag, CancellationToken cancellation) => Do(() => inner.PendingAssetsAsync(dag, cancellation));
    public Task CreateBackfillAsync(BackfillRow backfill, CancellationToken cancellation) => Do(() => inner.CreateBackfillAsync(backfill, cancellation));
    public Task<IReadOnlyList<BackfillRow>> ListBackfillsAsync(string? dag, CancellationToken cancellation) => Do(() => inner.ListBackfillsAsync(dag, cancellation));
    public Task<bool> MoveBackfillAsync(BackfillId id, DateTimeOffset? expected, DateTimeOffset cursor, CancellationToken cancellation) =>
        Do(() => inner.MoveBackfillAsync(id, expected, cursor, cancellation));
    public Task<bool> SetBackfillStateAsync(BackfillId id, BackfillState state, CancellationToken cancellation) => Do(() => inner.SetBackfillStateAsync(id, state, cancellation));
    public Task<IReadOnlyList<PoolUse>> ListPoolsAsync(CancellationToken cancellation) => Do(() => inner.ListPoolsAsync(cancellation));
    public Task SetPoolAsync(PoolRow pool, CancellationToken cancellation) => Do(() => inner.SetPoolAsync(pool, cancellation));
    public Task<bool> DeletePoolAsync(string name, CancellationToken cancellation) => Do(() => inner.DeletePoolAsync(name, cancellation));
    public Task<IReadOnlyList<VariableRow>> ListVariablesAsync(CancellationToken cancellation) => Do(() => inner.ListVariablesAsync(cancellation));
    public Task<string?> ReadVariableAsync(string key, CancellationToken cancellation) => Do(() => inner.ReadVariableAsync(key, cancellation));
    public Task SetVariableAsync(VariableRow variable, CancellationToken cancellation) => Do(() => inner.SetVariableAsync(variable, cancellation));
    public Task<bool> DeleteVariableAsync(string key, CancellationToken cancellation) => Do(() => inner.DeleteVariableAsync(key, cancellation));
    public Task NotifyAsync(RunId? run, CancellationToken cancellation) => Do(() => inner.NotifyAsync(run, cancellation));

    // Nothing wakes a simulated scheduler but the simulation.
    public event Action<RunId?>? ChangedElsewhere { add { } remove { } }

    /// <summary>The store itself belongs to the simulation.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
