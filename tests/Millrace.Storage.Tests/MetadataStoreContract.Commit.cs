using Millrace.Dags;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Storage.Tests;

public abstract partial class MetadataStoreContract
{
    [Fact]
    public async Task A_run_comes_back_as_it_was_created()
    {
        var run = NewRow() with
        {
            Params = """{"region":"north"}""",
            Priority = -5,
            Backfill = new BackfillId(Guid.NewGuid()),
            Parent = new InstanceId(RunId.New(Noon), "trigger", 3),
            StartedAt = Noon.AddSeconds(1),
            DeadlineMissed = true,
            Note = "ça alors",
            Owner = new SchedulerId(Guid.NewGuid()),
            Revision = 7,
        };
        await CreateAsync(run);

        var snapshot = await Store.LoadRunAsync(run.Id, Token);
        Assert.Equal(run, snapshot!.Run);
        Assert.Empty(snapshot.Tasks);
        Assert.Equal(run.Id, await Store.FindRunAsync(run.Dag, run.Key, Token));
        Assert.Null(await Store.FindRunAsync(run.Dag, "manual__other", Token));
        Assert.Null(await Store.LoadRunAsync(RunId.New(Noon), Token));
    }

    [Fact]
    public async Task A_change_writes_all_its_rows_and_history_gives_them_back()
    {
        var run = await CreateAsync(NewRow());
        var full = new TaskInstance(new InstanceId(run.Id, "load", 2))
        {
            State = TaskState.UpForRetry,
            Attempt = 3,
            ForgivenAttempts = 1,
            Lease = Guid.NewGuid(),
            Worker = "worker-1",
            DueAt = Noon.AddSeconds(1),
            FirstLookAt = Noon.AddSeconds(2),
            ScheduledAt = Noon.AddSeconds(3),
            QueuedAt = Noon.AddSeconds(4),
            StartedAt = Noon.AddSeconds(5),
            EndedAt = Noon.AddSeconds(6),
            ResultLength = 12,
            Child = RunId.New(Noon),
            Reason = "",
            DeadlineMissed = true,
        };
        var bare = Instance(run, "fetch", TaskState.Running);
        var attempt = new Attempt { Id = new AttemptId(full.Id, 3, full.Lease.Value), State = AttemptState.Running, Worker = "worker-1", StartedAt = Noon };
        Transition[] transitions =
        [
            new(run.Id, "", -1, 0, "queued", "running", Noon, null),
            new(run.Id, "load", 2, 3, "running", "up_for_retry", Noon.AddTicks(10), "it threw"),
            new(run.Id, "fetch", -1, 1, "queued", "running", Noon.AddTicks(20), null),
        ];
        Assert.True(await CommitAsync(Change(run, RunState.Running, full, bare) with { Attempts = [attempt], Transitions = transitions }));

        var ended = attempt with { State = AttemptState.Failed, EndedAt = Noon.AddSeconds(9), ExitCode = 3, Error = new string('x', 5000) };
        run = await ReloadAsync(run);
        Assert.True(await CommitAsync(Change(run, null, bare) with { Attempts = [ended], Transitions = [transitions[0] with { Reason = "later" }] }));

        var history = await Store.LoadHistoryAsync(run.Id, Token);
        Assert.Equal(2, history!.Run.Revision);
        Assert.Equivalent(new[] { bare, full }, history.Tasks, strict: true);
        Assert.Equal([ended], history.Attempts);
        Assert.Equal([.. transitions, transitions[0] with { Reason = "later" }], history.Transitions);
        Assert.Null(await Store.LoadHistoryAsync(RunId.New(Noon), Token));
    }

    [Fact]
    public async Task A_change_that_names_an_old_revision_is_a_conflict_and_the_other_runs_are_written()
    {
        var stale = await CreateAsync(NewRow("a"));
        var fresh = await CreateAsync(NewRow("b"));
        Assert.True(await CommitAsync(Change(stale, RunState.Running, Instance(stale, "t", TaskState.Running))));

        var result = await Store.CommitAsync(new CommitBatch
        {
            Now = Noon,
            Changes =
            [
                Change(stale, RunState.Failed, Instance(stale, "t", TaskState.Failed)) with { Transitions = [new(stale.Id, "t", -1, 1, "running", "failed", Noon, null)] },
                Change(fresh, RunState.Running, Instance(fresh, "t", TaskState.Queued)),
            ],
        }, Token);

        Assert.Equal([stale.Id], result.Conflicts);
        var kept = await Store.LoadHistoryAsync(stale.Id, Token);
        Assert.Equal(RunState.Running, kept!.Run.State);
        Assert.Equal(TaskState.Running, Assert.Single(kept.Tasks).State);
        Assert.Empty(kept.Transitions);
        Assert.Equal(TaskState.Queued, Assert.Single((await Store.LoadRunAsync(fresh.Id, Token))!.Tasks).State);
    }

    [Fact]
    public async Task A_change_of_a_run_that_is_not_there_is_a_conflict()
    {
        Assert.False(await CommitAsync(Change(NewRow(), RunState.Running)));
    }

    [Fact]
    public async Task A_scheduler_can_change_only_its_own_runs()
    {
        var (mine, other) = (await JoinAsync(), await JoinAsync());
        var run = await CreateAsync(NewRow(owner: other));
        Assert.False(await CommitAsync(Change(run, RunState.Running), mine));
        Assert.True(await CommitAsync(Change(run, RunState.Running), other));
    }

    [Fact]
    public async Task A_scheduler_without_a_lease_commits_nothing()
    {
        var gone = new SchedulerId(Guid.NewGuid());
        var run = await CreateAsync(NewRow(owner: gone));
        var created = NewRow("other");
        await Assert.ThrowsAsync<LeaseLostException>(() => Store.CommitAsync(
            new CommitBatch { Scheduler = gone, Now = Noon, Changes = [Change(run, RunState.Running)], NewRuns = [new NewRun(created)] }, Token));
        Assert.Equal(RunState.Queued, (await ReloadAsync(run)).State);
        Assert.Null(await Store.LoadRunAsync(created.Id, Token));
    }

    [Fact]
    public async Task A_finished_run_belongs_to_nobody_and_a_cleared_one_waits_for_a_claim()
    {
        var scheduler = await JoinAsync();
        var run = await CreateAsync(NewRow(owner: scheduler));
        Assert.True(await CommitAsync(Change(run, RunState.Success), scheduler));
        run = await ReloadAsync(run);
        Assert.Null(run.Owner);

        Assert.True(await CommitAsync(Change(run, RunState.Queued)));
        Assert.Null((await ReloadAsync(run)).Owner);
        Assert.Equal([run.Id], (await Store.ClaimRunsAsync(scheduler, 10, Token)).Select(r => r.Run.Id));
    }

    [Fact]
    public async Task Instances_that_are_gone_take_their_results_along()
    {
        var run = await CreateAsync(NewRow());
        var placeholder = Instance(run, "each");
        Assert.True(await CommitAsync(Change(run, RunState.Running, placeholder) with { Results = [new ResultRow(placeholder.Id, 1, new ResultValue([1], null, 1, null, "int"))] }));
        run = await ReloadAsync(run);
        Assert.True(await CommitAsync(Change(run, null, Instance(run, "each", mapIndex: 0), Instance(run, "each", mapIndex: 1)) with { Gone = [placeholder.Id] }));

        Assert.Equal([0, 1], (await Store.LoadRunAsync(run.Id, Token))!.Tasks.Select(t => t.Id.MapIndex));
        Assert.Null(await Store.ReadResultAsync(placeholder.Id, Token));
    }

    [Fact]
    public async Task The_result_of_the_last_attempt_is_the_result()
    {
        var run = await CreateAsync(NewRow());
        var id = new InstanceId(run.Id, "fetch", InstanceId.Unmapped);
        Assert.True(await CommitAsync(Change(run) with { Results = [new ResultRow(id, 1, new ResultValue([], null, 0, null, "string"))] }));
        Assert.Empty((await Store.ReadResultAsync(id, Token))!.Json!);
        run = await ReloadAsync(run);
        Assert.True(await CommitAsync(Change(run) with
        {
            Results =
            [
                new ResultRow(id, 2, new ResultValue(null, "results/a.json", 5_000_000_000, 3, "Order[]")),
                new ResultRow(id with { Task = "each", MapIndex = 10 }, 1, new ResultValue("10"u8.ToArray(), null, 2, null, "int")),
                new ResultRow(id with { Task = "each", MapIndex = 2 }, 1, new ResultValue("2"u8.ToArray(), null, 1, null, "int")),
            ],
        }));

        Assert.Equal(new ResultValue(null, "results/a.json", 5_000_000_000, 3, "Order[]"), await Store.ReadResultAsync(id, Token));
        var each = await Store.ReadResultsAsync(run.Id, "each", Token);
        Assert.Equal([2, 10], each.Select(r => r.Id.MapIndex));
        Assert.Equal("10"u8.ToArray(), each[1].Value.Json);
        Assert.Null(await Store.ReadResultAsync(id with { Task = "nothing" }, Token));
    }

    [Fact]
    public async Task Callbacks_are_owed_until_they_are_done()
    {
        var scheduler = await JoinAsync();
        var run = await CreateAsync(NewRow());
        var owed = new CallbackRow(Guid.NewGuid(), new InstanceId(run.Id, "load", -1), 2, CallbackKinds.Failure, "it threw");
        var done = owed with { Callback = Guid.NewGuid(), Kind = CallbackKinds.MissedDeadline, Reason = null };
        Assert.True(await CommitAsync(Change(run) with { Callbacks = [owed, done] }));
        await Store.CommitAsync(new CommitBatch { Now = Noon, CallbacksDone = [done.Callback] }, Token);

        Assert.Equal([owed], await Store.ClaimCallbacksAsync(scheduler, Token));
        // Again, should the first answer have been lost; but never another scheduler's.
        Assert.Equal([owed], await Store.ClaimCallbacksAsync(scheduler, Token));
        Assert.Empty(await Store.ClaimCallbacksAsync(await JoinAsync(), Token));
    }

    [Fact]
    public async Task A_scheduler_keeps_the_callbacks_it_commits_until_it_leaves()
    {
        var (mine, other) = (await JoinAsync(), await JoinAsync());
        var run = await CreateAsync(NewRow(owner: mine));
        var owed = new CallbackRow(Guid.NewGuid(), new InstanceId(run.Id, "", -1), 0, CallbackKinds.Success, null);
        Assert.True(await CommitAsync(Change(run) with { Callbacks = [owed] }, mine));
        Assert.Empty(await Store.ClaimCallbacksAsync(other, Token));
        await Store.LeaveAsync(mine, Token);
        Assert.Equal([owed], await Store.ClaimCallbacksAsync(other, Token));
    }

    [Fact]
    public async Task Text_that_no_database_takes_does_not_keep_a_run_from_being_written()
    {
        var run = await CreateAsync(NewRow());
        var task = Instance(run, "t", TaskState.Failed);
        task.Reason = "a\0b\ud800c \ud83d\ude00";
        var attempt = new Attempt { Id = new AttemptId(task.Id, 1, Guid.NewGuid()), State = AttemptState.Failed, StartedAt = Noon, Error = task.Reason };
        Assert.True(await CommitAsync(Change(run, null, task) with { Attempts = [attempt], Transitions = [new Transition(run.Id, "t", -1, 1, "running", "failed", Noon, task.Reason)] }));
        var history = await Store.LoadHistoryAsync(run.Id, Token);
        Assert.Equal("a\ufffdb\ufffdc \ud83d\ude00", Assert.Single(history!.Tasks).Reason);
        Assert.Equal("a\ufffdb\ufffdc \ud83d\ude00", Assert.Single(history.Attempts).Error);
        Assert.Equal("a\ufffdb\ufffdc \ud83d\ude00", Assert.Single(history.Transitions).Reason);
    }

    [Fact]
    public async Task A_commit_that_fails_applies_nothing()
    {
        var first = await CreateAsync(NewRow("a"));
        var second = await CreateAsync(NewRow("b"));
        var created = NewRow("c");
        var repeated = new AssetEventRow(Guid.NewGuid(), "table", new InstanceId(second.Id, "t", -1), "b", Noon);
        // The same event twice: the database refuses the second, after all else was written.
        await Assert.ThrowsAnyAsync<Exception>(() => Store.CommitAsync(new CommitBatch
        {
            Now = Noon,
            NewRuns = [new NewRun(created)],
            Changes = [Change(first, RunState.Running, Instance(first, "t", TaskState.Running)), Change(second) with { AssetEvents = [repeated, repeated] }],
        }, Token));

        var kept = await Store.LoadRunAsync(first.Id, Token);
        Assert.Equal((RunState.Queued, 0L), (kept!.Run.State, kept.Run.Revision));
        Assert.Empty(kept.Tasks);
        Assert.Null(await Store.LoadRunAsync(created.Id, Token));
        Assert.Empty(await Store.ListAssetsAsync(Token));
        Assert.True(await CommitAsync(Change(first, RunState.Running)));
    }
}
