using Millrace.Runs;

namespace Millrace.Metadata;

/// <summary>
/// The port to whatever keeps the metadata. Each method is one use case and one transaction.
/// Times are passed in, never read from the database's clock.
/// </summary>
interface IMetadataStore : IAsyncDisposable
{
    /// <summary>Brings the schema up to date; safe with several processes at once. Refuses a schema newer than it knows.</summary>
    Task MigrateAsync(CancellationToken cancellation);
    Task<StoreHealth> CheckAsync(CancellationToken cancellation);
    /// <summary>Deletes finished runs whose logical time and end lie before <paramref name="before"/>, with all that hangs on them.</summary>
    Task<Cleaned> CleanAsync(DateTimeOffset before, bool dryRun, CancellationToken cancellation);

    // Runs: one write path.
    /// <exception cref="LeaseLostException">The batch names a scheduler that no longer holds its lease; nothing was applied.</exception>
    Task<CommitResult> CommitAsync(CommitBatch batch, CancellationToken cancellation);
    Task<RunSnapshot?> LoadRunAsync(RunId id, CancellationToken cancellation);
    Task<IReadOnlyList<RunSnapshot>> LoadRunsAsync(IReadOnlyList<RunId> ids, CancellationToken cancellation);
    Task<RunHistory?> LoadHistoryAsync(RunId id, CancellationToken cancellation);
    /// <summary>By key (<c>scheduled__...</c>) in a Dag.</summary>
    Task<RunId?> FindRunAsync(string dag, string key, CancellationToken cancellation);
    Task<IReadOnlyList<RunRow>> ListRunsAsync(RunFilter filter, CancellationToken cancellation);
    /// <summary>The state of this task in the Dag's run before <paramref name="before"/> (scheduled and backfill runs only);
    /// null when there is no earlier run. A run that has not reached the task counts as <see cref="TaskState.None"/>.</summary>
    Task<TaskState?> PastStateAsync(string dag, string task, int mapIndex, DateTimeOffset before, CancellationToken cancellation);
    Task<ResultValue?> ReadResultAsync(InstanceId id, CancellationToken cancellation);
    /// <summary>Of all instances of a mapped task, by map index; instances without a result are absent.</summary>
    Task<IReadOnlyList<ResultRow>> ReadResultsAsync(RunId run, string task, CancellationToken cancellation);

    // Schedulers: leases on runs, shares of limits.
    Task JoinAsync(SchedulerRow scheduler, CancellationToken cancellation);
    /// <returns>False when the lease was lost and the row is gone.</returns>
    Task<bool> RenewAsync(SchedulerId id, DateTimeOffset until, CancellationToken cancellation);
    /// <summary>Gives up everything: what waits becomes free. Runs that are under way go, with the shares they hold, to whoever evicts next.</summary>
    Task LeaveAsync(SchedulerId id, CancellationToken cancellation);
    Task<IReadOnlyList<SchedulerRow>> ListSchedulersAsync(CancellationToken cancellation);
    /// <summary>Removes the schedulers whose lease ran out before <paramref name="now"/>, or who left. Their runs, and the shares of limits
    /// that these hold, become this scheduler's in the same transaction: in between nobody could take what is still in use.</summary>
    /// <returns>Those removed.</returns>
    Task<IReadOnlyList<SchedulerId>> EvictAsync(SchedulerId by, DateTimeOffset now, CancellationToken cancellation);
    /// <summary>Makes up to <paramref name="most"/> unfinished runs without an owner this scheduler's, highest priority and oldest first.</summary>
    Task<IReadOnlyList<RunSnapshot>> ClaimRunsAsync(SchedulerId by, int most, CancellationToken cancellation);
    /// <summary>The running backfills that are this scheduler's, after it took those that nobody has.</summary>
    Task<IReadOnlyList<BackfillRow>> ClaimBackfillsAsync(SchedulerId by, CancellationToken cancellation);
    /// <summary>Callbacks owed that nobody else has taken: they become, or are already, this scheduler's.</summary>
    Task<IReadOnlyList<CallbackRow>> ClaimCallbacksAsync(SchedulerId by, CancellationToken cancellation);
    /// <summary>The revisions of all unfinished runs that this scheduler owns: what differs from memory was changed by a command.</summary>
    Task<IReadOnlyDictionary<RunId, long>> OwnedRevisionsAsync(SchedulerId by, CancellationToken cancellation);
    /// <summary>The shares that this scheduler holds.</summary>
    Task<IReadOnlyList<Share>> HeldSharesAsync(SchedulerId by, CancellationToken cancellation);
    /// <summary>Sets what this scheduler holds of each limit: <c>min(Want, what others leave)</c>, but never below its <paramref name="requests"/>' use: Want is at least what is in use.</summary>
    Task<IReadOnlyList<Share>> ShareAsync(SchedulerId by, IReadOnlyList<ShareRequest> requests, CancellationToken cancellation);

    // Dags.
    /// <summary>Records what was read from DAG sources: new versions come into force, errors replace the source's older ones.</summary>
    Task<IReadOnlyList<DagVersion>> RegisterAsync(IReadOnlyList<SourceReading> readings, DateTimeOffset now, CancellationToken cancellation);
    Task<IReadOnlyList<DagRow>> ListDagsAsync(CancellationToken cancellation);
    Task<DagRow?> FindDagAsync(string name, CancellationToken cancellation);
    Task<DagVersion?> LoadVersionAsync(string dag, string hash, CancellationToken cancellation);
    Task<IReadOnlyList<DagVersion>> ListVersionsAsync(string dag, CancellationToken cancellation);
    Task<IReadOnlyList<DagError>> ListErrorsAsync(CancellationToken cancellation);
    /// <returns>False when there is no such Dag.</returns>
    Task<bool> SetPausedAsync(string dag, bool paused, CancellationToken cancellation);
    /// <summary>Records when a Dag is next due under a version, if that version is still in force.</summary>
    Task SetNextDueAsync(IReadOnlyList<(string Dag, string Version, DateTimeOffset? NextDue)> due, CancellationToken cancellation);

    // Assets.
    Task<IReadOnlyList<AssetRow>> ListAssetsAsync(CancellationToken cancellation);
    /// <summary>An update from outside a run.</summary>
    Task RecordAssetEventAsync(string asset, DateTimeOffset at, CancellationToken cancellation);
    /// <summary>Which assets were updated since this Dag last consumed them.</summary>
    Task<IReadOnlySet<string>> PendingAssetsAsync(string dag, CancellationToken cancellation);
    /// <summary>Creates the run of an asset-triggered Dag and marks all updates it saw as consumed, unless <paramref name="seen"/> is no longer exactly what is pending.</summary>
    /// <returns>Whether it was created.</returns>
    /// <exception cref="LeaseLostException">The run's owner no longer holds its lease.</exception>
    Task<bool> ConsumeAssetsAsync(RunRow run, IReadOnlySet<string> seen, CancellationToken cancellation);

    // Records of topics.
    /// <summary>Where a watch is in the partitions of a topic, by partition.</summary>
    Task<IReadOnlyList<RecordPlace>> RecordPlacesAsync(string watch, string topic, CancellationToken cancellation);
    /// <summary>Creates the run that records start, or records the update of an asset, and moves the watch on: all of it, or nothing
    /// if the watch is no longer where it was seen. That is what makes each record start exactly one run.</summary>
    /// <returns>Whether it was there.</returns>
    Task<bool> TakeRecordsAsync(RecordTake take, CancellationToken cancellation);

    // Backfills, pools, variables.
    Task CreateBackfillAsync(BackfillRow backfill, CancellationToken cancellation);
    Task<IReadOnlyList<BackfillRow>> ListBackfillsAsync(string? dag, CancellationToken cancellation);
    /// <summary>Moves a backfill on without creating a run, from where the caller saw it.</summary>
    Task<bool> MoveBackfillAsync(BackfillId id, DateTimeOffset? expected, DateTimeOffset cursor, CancellationToken cancellation);
    Task<bool> SetBackfillStateAsync(BackfillId id, BackfillState state, CancellationToken cancellation);
    Task<IReadOnlyList<PoolUse>> ListPoolsAsync(CancellationToken cancellation);
    Task SetPoolAsync(PoolRow pool, CancellationToken cancellation);
    Task<bool> DeletePoolAsync(string name, CancellationToken cancellation);
    Task<IReadOnlyList<VariableRow>> ListVariablesAsync(CancellationToken cancellation);
    Task<string?> ReadVariableAsync(string key, CancellationToken cancellation);
    Task SetVariableAsync(VariableRow variable, CancellationToken cancellation);
    Task<bool> DeleteVariableAsync(string key, CancellationToken cancellation);

    /// <summary>Raised when another process may have changed something this store's users care about (PostgreSQL's LISTEN).
    /// A store that can't know never raises it: those who write then say so themselves, through the scheduler's socket.</summary>
    event Action<RunId?>? ChangedElsewhere;
    /// <summary>Tells the other processes that use the store: a run changed, or (null) anything else did.</summary>
    Task NotifyAsync(RunId? run, CancellationToken cancellation);
}
