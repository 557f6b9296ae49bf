using Millrace.Dags;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Storage.Tests;

public abstract partial class MetadataStoreContract
{
    static BackfillRow NewBackfill() => new()
    {
        Id = new BackfillId(Guid.CreateVersion7()),
        Dag = "orders",
        From = Noon.AddDays(-10),
        To = Noon,
        Reprocess = Reprocess.Failed,
        MaxActive = 3,
        NewestFirst = true,
        Params = """{"a":1}""",
        CreatedAt = Noon,
    };

    [Fact]
    public async Task Runs_are_listed_by_filter_newest_first()
    {
        var backfill = new BackfillId(Guid.NewGuid());
        var a0 = await CreateAsync(NewRow("a", Noon));
        var a1 = await CreateAsync(NewRow("a", Noon.AddHours(1), RunKind.Manual) with { State = RunState.Running });
        var a2 = await CreateAsync(NewRow("a", Noon.AddHours(2), RunKind.Backfill) with { State = RunState.Failed, Backfill = backfill });
        var b = await CreateAsync(NewRow("b", Noon.AddHours(3)) with { State = RunState.Success });
        async Task Lists(RunFilter filter, params RunRow[] expected) =>
            Assert.Equal(expected, await Store.ListRunsAsync(filter, Token));

        await Lists(new RunFilter(), b, a2, a1, a0);
        await Lists(new RunFilter { Limit = 2 }, b, a2);
        await Lists(new RunFilter { Dag = "a" }, a2, a1, a0);
        await Lists(new RunFilter { States = [RunState.Running] }, a1);
        await Lists(new RunFilter { States = [RunState.Running, RunState.Queued] }, a1, a0);
        await Lists(new RunFilter { States = [RunState.Failed] }, a2);
        await Lists(new RunFilter { States = [RunState.Success, RunState.Queued] }, b, a0);
        await Lists(new RunFilter { Kind = RunKind.Manual }, a1);
        await Lists(new RunFilter { From = Noon.AddHours(1), To = Noon.AddHours(2) }, a2, a1);
        await Lists(new RunFilter { Backfill = backfill }, a2);
        await Lists(new RunFilter { Dag = "a", From = Noon.AddHours(3) });
    }

    [Fact]
    public async Task The_past_state_is_of_the_scheduled_or_backfilled_run_before()
    {
        var first = await CreateAsync(NewRow(logical: Noon.AddHours(-2)));
        await CreateAsync(NewRow(logical: Noon.AddHours(-1), kind: RunKind.Manual));
        Assert.True(await CommitAsync(Change(first, null, Instance(first, "load", TaskState.Success), Instance(first, "each", TaskState.Failed, 4))));

        Assert.Equal(TaskState.Success, await Store.PastStateAsync("orders", "load", -1, Noon, Token));
        Assert.Equal(TaskState.Failed, await Store.PastStateAsync("orders", "each", 4, Noon, Token));
        Assert.Equal(TaskState.None, await Store.PastStateAsync("orders", "each", 5, Noon, Token));
        Assert.Null(await Store.PastStateAsync("orders", "load", -1, Noon.AddHours(-2), Token));
        Assert.Null(await Store.PastStateAsync("bills", "load", -1, Noon, Token));

        await CreateAsync(NewRow(logical: Noon.AddHours(-1), kind: RunKind.Backfill));
        Assert.Equal(TaskState.None, await Store.PastStateAsync("orders", "load", -1, Noon, Token));
    }

    [Fact]
    public async Task Backfills_are_claimed_once_and_keep_what_they_were_asked()
    {
        var scheduler = await JoinAsync();
        var (backfill, done) = (NewBackfill(), NewBackfill() with { Dag = "bills", State = BackfillState.Done });
        await Store.CreateBackfillAsync(backfill, Token);
        await Store.CreateBackfillAsync(done, Token);
        Assert.Equal([backfill], await Store.ListBackfillsAsync("orders", Token));
        Assert.Equal(2, (await Store.ListBackfillsAsync(null, Token)).Count);

        Assert.Equal([backfill with { Owner = scheduler }], await Store.ClaimBackfillsAsync(scheduler, Token));
        Assert.Equal([backfill with { Owner = scheduler }], await Store.ClaimBackfillsAsync(scheduler, Token));
        Assert.True(await Store.SetBackfillStateAsync(backfill.Id, BackfillState.Paused, Token));
        Assert.Empty(await Store.ClaimBackfillsAsync(scheduler, Token));
        Assert.Equal(BackfillState.Paused, Assert.Single(await Store.ListBackfillsAsync("orders", Token)).State);
        Assert.False(await Store.SetBackfillStateAsync(new BackfillId(Guid.NewGuid()), BackfillState.Paused, Token));
    }

    [Fact]
    public async Task A_pool_s_use_counts_slots()
    {
        var spec = DagJson.Write(new DagSpec
        {
            Name = "orders",
            Tasks = [new TaskSpec { Id = "big", Kind = TaskKind.Function, Pool = "disk", Slots = 3 }, new TaskSpec { Id = "plain", Kind = TaskKind.Function }],
        });
        await RegisterAsync(Declare("orders") with { Version = new DagVersion("orders", "v1", "", spec, Noon) });
        var disk = new PoolRow("disk", 10, "spinning");
        await Store.SetPoolAsync(disk with { Slots = 1 }, Token);
        await Store.SetPoolAsync(disk, Token);
        var run = await CreateAsync(NewRow());
        Assert.True(await CommitAsync(Change(run, RunState.Running,
            Instance(run, "big", TaskState.Running, 0), Instance(run, "big", TaskState.Queued, 1), Instance(run, "big", TaskState.Scheduled, 2), Instance(run, "big", TaskState.Success, 3),
            Instance(run, "plain", TaskState.Restarting))));

        var pools = await Store.ListPoolsAsync(Token);
        Assert.Equal(["default", "disk"], pools.Select(p => p.Pool.Name));
        Assert.Equal((128, 1, 0), (pools[0].Pool.Slots, pools[0].Used, pools[0].Scheduled));
        Assert.Equal(new PoolUse(disk, 6, 1), pools[1]);

        Assert.True(await Store.DeletePoolAsync("disk", Token));
        Assert.False(await Store.DeletePoolAsync("disk", Token));
        await Assert.ThrowsAsync<StoreException>(() => Store.DeletePoolAsync("default", Token));
    }

    [Fact]
    public async Task Variables_are_kept()
    {
        await Store.SetVariableAsync(new VariableRow("b", "1", null), Token);
        await Store.SetVariableAsync(new VariableRow("a", "", "first"), Token);
        await Store.SetVariableAsync(new VariableRow("b", "2", "second"), Token);
        Assert.Equal([new VariableRow("a", "", "first"), new VariableRow("b", "2", "second")], await Store.ListVariablesAsync(Token));
        Assert.Equal("2", await Store.ReadVariableAsync("b", Token));
        Assert.Equal("", await Store.ReadVariableAsync("a", Token));
        Assert.Null(await Store.ReadVariableAsync("c", Token));
        Assert.True(await Store.DeleteVariableAsync("b", Token));
        Assert.False(await Store.DeleteVariableAsync("b", Token));
    }
}
