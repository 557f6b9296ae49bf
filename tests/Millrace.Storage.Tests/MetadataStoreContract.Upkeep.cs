using Millrace.Dags;
using Millrace.Metadata;
using Millrace.Runs;
using Millrace.Storage.Sql;

namespace Millrace.Storage.Tests;

public abstract partial class MetadataStoreContract
{
    /// <summary>Makes the database look as if a later millrace had migrated it.</summary>
    Task PretendSchemaAsync(int version) =>
        ((SqlStore)Store).ExecuteScriptAsync($"insert into schema_version (version, name) values ({version}, 'later')", Token);

    [Fact]
    public async Task Migrating_again_changes_nothing()
    {
        await CreateAsync(NewRow());
        await Store.MigrateAsync(Token);
        Assert.Single(await Store.ListRunsAsync(new RunFilter(), Token));
    }

    [Fact]
    public async Task A_schema_that_is_newer_is_refused_with_both_versions_and_the_remedy()
    {
        var health = await Store.CheckAsync(Token);
        Assert.Equal(health.NewestKnown, health.SchemaVersion);
        Assert.Empty(health.Problems);

        await PretendSchemaAsync(99);
        var refusal = await Assert.ThrowsAsync<StoreException>(() => Store.MigrateAsync(Token));
        Assert.Contains("99", refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"up to {health.NewestKnown}", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("newer millrace", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("99", Assert.Single((await Store.CheckAsync(Token)).Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_check_counts_and_finds_what_is_wrong()
    {
        await RegisterAsync(Declare("orders"));
        var run = await CreateAsync(NewRow());
        Assert.True(await CommitAsync(Change(run, RunState.Running, Instance(run, "a"), Instance(run, "b"))));
        var health = await Store.CheckAsync(Token);
        Assert.Equal((1L, 1L, 2L), (health.Dags, health.Runs, health.TaskInstances));
        Assert.Empty(health.Problems);

        await CreateAsync(NewRow("bills", owner: new SchedulerId(Guid.NewGuid())));
        Assert.Equal(2, (await Store.CheckAsync(Token)).Problems.Count);
    }

    [Fact]
    public async Task Cleaning_deletes_old_finished_runs_with_all_that_hangs_on_them()
    {
        var old = await CreateAsync(NewRow("old", Noon.AddDays(-3)));
        var task = Instance(old, "t", TaskState.Failed);
        var change = Change(old, RunState.Failed, task) with
        {
            Attempts = [new Attempt { Id = new AttemptId(task.Id, 1, Guid.NewGuid()), State = AttemptState.Failed, StartedAt = Noon }],
            Transitions = [new Transition(old.Id, "t", -1, 1, "running", "failed", Noon, null)],
            Results = [new ResultRow(task.Id, 1, new ResultValue([1], null, 1, null, "int"))],
            Callbacks = [new CallbackRow(Guid.NewGuid(), task.Id, 1, CallbackKinds.Failure, null)],
            AssetEvents = [new AssetEventRow(Guid.NewGuid(), "table", task.Id, "old", Noon.AddDays(-3))],
        };
        Assert.True(await CommitAsync(change with { Run = change.Run with { EndedAt = Noon.AddDays(-2) } }));
        var running = await CreateAsync(NewRow("running", Noon.AddDays(-3)));
        var recent = await CreateAsync(NewRow("recent") with { State = RunState.Success, EndedAt = Noon });
        var endedLate = await CreateAsync(NewRow("ended late", Noon.AddDays(-3)) with { State = RunState.Success, EndedAt = Noon });

        var planned = await Store.CleanAsync(Noon.AddDays(-1), dryRun: true, Token);
        Assert.Equal([("old", old.Key, old.Id)], planned.Runs);
        Assert.Equal(7, planned.Rows);
        Assert.NotNull(await Store.LoadRunAsync(old.Id, Token));

        var cleaned = await Store.CleanAsync(Noon.AddDays(-1), dryRun: false, Token);
        Assert.Equal(planned.Runs, cleaned.Runs);
        Assert.Equal(7, cleaned.Rows);
        Assert.Equal([recent.Id, running.Id, endedLate.Id], (await Store.ListRunsAsync(new RunFilter(), Token)).Select(r => r.Id).OrderBy(i => i == recent.Id ? 0 : i == running.Id ? 1 : 2));
        Assert.Null(await Store.ReadResultAsync(task.Id, Token));
        Assert.Empty(await Store.ClaimCallbacksAsync(await JoinAsync(), Token));
        Assert.Empty((await Store.CleanAsync(Noon.AddDays(-1), dryRun: false, Token)).Runs);
    }

    [Fact]
    public async Task Cleaning_goes_on_until_nothing_old_is_left()
    {
        var runs = Enumerable.Range(0, 450).Select(i => new NewRun(NewRow($"dag{i}", Noon.AddDays(-3)) with { State = RunState.Success, EndedAt = Noon.AddDays(-3) })).ToList();
        await Store.CommitAsync(new CommitBatch { Now = Noon, NewRuns = runs }, Token);
        Assert.Equal(450, (await Store.CleanAsync(Noon, dryRun: false, Token)).Runs.Count);
        Assert.Empty(await Store.ListRunsAsync(new RunFilter(), Token));
    }
}
