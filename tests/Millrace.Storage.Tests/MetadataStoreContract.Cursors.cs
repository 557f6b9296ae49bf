using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Storage.Tests;

public abstract partial class MetadataStoreContract
{
    [Fact]
    public async Task A_cursor_moves_only_from_where_it_was_seen()
    {
        await RegisterAsync(Declare("orders"));
        async Task<NewRunOutcome> Fire(DateTimeOffset? expected, DateTimeOffset? next, DateTimeOffset logical)
        {
            var run = NewRow(logical: logical);
            var result = await Store.CommitAsync(new CommitBatch { Now = Noon, NewRuns = [new NewRun(run, new CursorMove("orders", expected, next, logical))] }, Token);
            Assert.Equal(result.NewRuns[run.Id] == NewRunOutcome.Created, await Store.LoadRunAsync(run.Id, Token) is not null);
            return result.NewRuns[run.Id];
        }

        Assert.Equal(NewRunOutcome.CursorMoved, await Fire(Noon, Noon.AddHours(1), Noon));
        Assert.Equal(NewRunOutcome.Created, await Fire(null, Noon.AddHours(1), Noon));
        Assert.Equal(NewRunOutcome.CursorMoved, await Fire(null, Noon.AddHours(2), Noon.AddHours(1)));
        Assert.Equal(NewRunOutcome.CursorMoved, await Fire(Noon.AddHours(1).AddTicks(10), Noon.AddHours(2), Noon.AddHours(1)));
        // A run that exists already does not hold the cursor up.
        Assert.Equal(NewRunOutcome.Exists, await Fire(Noon.AddHours(1), Noon.AddHours(2), Noon));
        Assert.Equal(NewRunOutcome.Created, await Fire(Noon.AddHours(2), null, Noon.AddHours(2)));
        var dag = await Store.FindDagAsync("orders", Token);
        Assert.Equal((null, Noon.AddHours(2)), (dag!.NextDue, dag.LastLogicalTime));
    }

    [Fact]
    public async Task One_batch_can_move_a_cursor_several_times()
    {
        await RegisterAsync(Declare("a"), Declare("b"));
        var runs = new List<NewRun>();
        foreach (var dag in (string[])["b", "a"])
        {
            for (var hour = 0; hour < 5; hour++)
                runs.Add(new NewRun(NewRow(dag, Noon.AddHours(hour)), new CursorMove(dag, hour == 0 ? null : Noon.AddHours(hour), Noon.AddHours(hour + 1), Noon.AddHours(hour))));
        }
        var result = await Store.CommitAsync(new CommitBatch { Now = Noon, NewRuns = runs }, Token);
        Assert.All(result.NewRuns.Values, outcome => Assert.Equal(NewRunOutcome.Created, outcome));
        Assert.Equal(Noon.AddHours(5), (await Store.FindDagAsync("a", Token))!.NextDue);
    }

    [Fact]
    public async Task A_key_is_used_once_in_a_Dag()
    {
        await CreateAsync(NewRow());
        var (again, elsewhere) = (NewRow(), NewRow("other"));
        var result = await Store.CommitAsync(new CommitBatch { Now = Noon, NewRuns = [new NewRun(again), new NewRun(elsewhere)] }, Token);
        Assert.Equal((NewRunOutcome.Exists, NewRunOutcome.Created), (result.NewRuns[again.Id], result.NewRuns[elsewhere.Id]));
        Assert.Null(await Store.LoadRunAsync(again.Id, Token));
    }

    [Fact]
    public async Task Two_schedulers_that_catch_up_create_each_interval_once()
    {
        await RegisterAsync(Declare("orders"));
        var created = await Race(3, async store =>
        {
            var count = 0;
            while ((await store.FindDagAsync("orders", Token))! is { } dag && (dag.LastLogicalTime is null || dag.NextDue < Noon.AddHours(30)))
            {
                var logical = dag.NextDue ?? Noon;
                // Another key each time: only the cursor can keep two from creating the same interval.
                var run = NewRow(logical: logical) with { Key = Guid.NewGuid().ToString() };
                var result = await store.CommitAsync(new CommitBatch { Now = Noon, NewRuns = [new NewRun(run, new CursorMove("orders", dag.NextDue, logical.AddHours(1), logical))] }, Token);
                if (result.NewRuns[run.Id] == NewRunOutcome.Created)
                    count++;
            }
            return count;
        });
        Assert.Equal(30, created.Sum());
        var runs = await Store.ListRunsAsync(new RunFilter { Dag = "orders", Limit = 100 }, Token);
        Assert.Equal(Enumerable.Range(0, 30).Select(h => Noon.AddHours(h)).Reverse(), runs.Select(r => r.LogicalTime));
    }

    [Fact]
    public async Task A_backfill_s_cursor_moves_while_it_runs()
    {
        var backfill = NewBackfill();
        await Store.CreateBackfillAsync(backfill, Token);
        async Task<NewRunOutcome> Fire(DateTimeOffset? expected, DateTimeOffset logical)
        {
            var run = NewRow(logical: logical, kind: RunKind.Backfill) with { Backfill = backfill.Id };
            var move = new CursorMove(run.Dag, expected, null, logical) { Backfill = backfill.Id };
            return (await Store.CommitAsync(new CommitBatch { Now = Noon, NewRuns = [new NewRun(run, move)] }, Token)).NewRuns[run.Id];
        }

        Assert.Equal(NewRunOutcome.Created, await Fire(null, Noon));
        Assert.Equal(NewRunOutcome.CursorMoved, await Fire(null, Noon.AddHours(1)));
        Assert.Equal(NewRunOutcome.Created, await Fire(Noon, Noon.AddHours(1)));
        Assert.True(await Store.MoveBackfillAsync(backfill.Id, Noon.AddHours(1), Noon.AddHours(2), Token));
        Assert.False(await Store.MoveBackfillAsync(backfill.Id, Noon.AddHours(1), Noon.AddHours(3), Token));
        Assert.False(await Store.MoveBackfillAsync(backfill.Id, null, Noon.AddHours(3), Token));
        Assert.True(await Store.SetBackfillStateAsync(backfill.Id, BackfillState.Cancelled, Token));
        Assert.Equal(NewRunOutcome.CursorMoved, await Fire(Noon.AddHours(2), Noon.AddHours(3)));
        Assert.Equal(Noon.AddHours(2), Assert.Single(await Store.ListBackfillsAsync("orders", Token)).Cursor);
    }

    [Fact]
    public async Task The_next_due_time_is_recorded_only_for_the_version_in_force()
    {
        await RegisterAsync(Declare("orders", "v1"));
        await Store.SetNextDueAsync([("orders", "v0", Noon.AddDays(1)), ("nothing", "v1", Noon)], Token);
        Assert.Null((await Store.FindDagAsync("orders", Token))!.NextDue);

        await Store.SetNextDueAsync([("orders", "v1", Noon.AddDays(1))], Token);
        var dag = await Store.FindDagAsync("orders", Token);
        Assert.Equal((Noon.AddDays(1), "v1"), (dag!.NextDue, dag.DueVersion));

        await Store.SetNextDueAsync([("orders", "v1", null)], Token);
        Assert.Null((await Store.FindDagAsync("orders", Token))!.NextDue);
    }
}
