using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Storage.Tests;

/// <summary>What every store must do; each implementation runs all of it.</summary>
public abstract partial class MetadataStoreContract : IAsyncLifetime
{
    static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    readonly List<IMetadataStore> opened = [];

    internal IMetadataStore Store { get; private set; } = null!;

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Another store on the test's database, as another process would have.</summary>
    internal abstract IMetadataStore Open();

    /// <summary>False where a database has only one store.</summary>
    protected virtual bool IsShared => true;

    protected virtual ValueTask CreateDatabaseAsync() => ValueTask.CompletedTask;

    protected virtual ValueTask DropDatabaseAsync() => ValueTask.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        await CreateDatabaseAsync();
        Store = Keep(Open());
        await Store.MigrateAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in opened)
            await store.DisposeAsync();
        await DropDatabaseAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>A second store on the same database; the test is skipped where there can't be one.</summary>
    IMetadataStore OpenAnother()
    {
        // Not a skip: an in-memory database has no second store by nature.
        return IsShared ? Keep(Open()) : Store;
    }

    IMetadataStore Keep(IMetadataStore store)
    {
        opened.Add(store);
        return store;
    }

    private protected static RunRow NewRow(string dag = "orders", DateTimeOffset? logical = null, RunKind kind = RunKind.Scheduled, SchedulerId? owner = null) => new()
    {
        Id = RunId.New(Noon),
        Dag = dag,
        Version = "v1",
        Key = RunRow.KeyFor(kind, logical ?? Noon),
        Kind = kind,
        LogicalTime = logical ?? Noon,
        IntervalStart = (logical ?? Noon).AddHours(-1),
        IntervalEnd = logical ?? Noon,
        QueuedAt = Noon,
        Owner = owner,
    };

    private protected async Task<RunRow> CreateAsync(RunRow run)
    {
        var result = await Store.CommitAsync(new CommitBatch { Now = Noon, NewRuns = [new NewRun(run)] }, Token);
        Assert.Equal(NewRunOutcome.Created, result.NewRuns[run.Id]);
        return run;
    }

    async Task<SchedulerId> JoinAsync(DateTimeOffset? until = null)
    {
        var id = new SchedulerId(Guid.CreateVersion7());
        await Store.JoinAsync(new SchedulerRow(id, "host", 42, Noon, until ?? Noon.AddSeconds(10)), Token);
        return id;
    }

    private protected static RunChange Change(RunRow run, RunState? state = null, params IReadOnlyList<TaskInstance> tasks) => new()
    {
        Run = run with { State = state ?? run.State, EndedAt = state is RunState.Success or RunState.Failed ? Noon : null },
        ExpectedRevision = run.Revision,
        Tasks = tasks,
    };

    private protected static TaskInstance Instance(RunRow run, string task, TaskState state = TaskState.None, int mapIndex = InstanceId.Unmapped) =>
        new(new InstanceId(run.Id, task, mapIndex)) { State = state };

    private protected async Task<bool> CommitAsync(RunChange change, SchedulerId? scheduler = null, IMetadataStore? store = null) =>
        (await (store ?? Store).CommitAsync(new CommitBatch { Scheduler = scheduler, Now = Noon, Changes = [change] }, Token)).Conflicts.Count == 0;

    private protected async Task<RunRow> ReloadAsync(RunRow run) => (await Store.LoadRunAsync(run.Id, Token))!.Run;
}
