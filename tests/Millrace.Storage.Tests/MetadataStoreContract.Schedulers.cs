using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Storage.Tests;

public abstract partial class MetadataStoreContract
{
    [Fact]
    public async Task A_scheduler_is_listed_until_it_leaves()
    {
        var row = new SchedulerRow(new SchedulerId(Guid.NewGuid()), "box", 4711, Noon, Noon.AddSeconds(10));
        await Store.JoinAsync(row, Token);
        Assert.Equal([row], await Store.ListSchedulersAsync(Token));
        Assert.True(await Store.RenewAsync(row.Id, Noon.AddSeconds(20), Token));
        Assert.Equal([row with { LeaseUntil = Noon.AddSeconds(20) }], await Store.ListSchedulersAsync(Token));
        await Store.LeaveAsync(row.Id, Token);
        Assert.Empty(await Store.ListSchedulersAsync(Token));
        Assert.False(await Store.RenewAsync(row.Id, Noon.AddSeconds(30), Token));
    }

    [Fact]
    public async Task Runs_are_claimed_by_priority_and_then_by_age()
    {
        var scheduler = await JoinAsync();
        var late = await CreateAsync(NewRow("late") with { QueuedAt = Noon.AddSeconds(2) });
        var urgent = await CreateAsync(NewRow("urgent") with { QueuedAt = Noon.AddSeconds(3), Priority = 5 });
        var backfill = await CreateAsync(NewRow("backfill") with { QueuedAt = Noon, Priority = -1 });
        var second = await CreateAsync(NewRow("early", Noon.AddHours(1)) with { QueuedAt = Noon.AddSeconds(1) });
        var first = await CreateAsync(NewRow("early", Noon) with { QueuedAt = Noon.AddSeconds(1) });
        await CreateAsync(NewRow("done") with { State = RunState.Success });
        await CreateAsync(NewRow("owned", owner: new SchedulerId(Guid.NewGuid())));
        Assert.True(await CommitAsync(Change(first, RunState.Running, Instance(first, "t", TaskState.Queued))));

        var claimed = await Store.ClaimRunsAsync(scheduler, 3, Token);
        Assert.Equal([urgent.Id, first.Id, second.Id], claimed.Select(c => c.Run.Id));
        Assert.All(claimed, c => Assert.Equal(scheduler, c.Run.Owner));
        Assert.Equal(TaskState.Queued, Assert.Single(claimed[1].Tasks).State);

        Assert.Equal([late.Id, backfill.Id], (await Store.ClaimRunsAsync(scheduler, 10, Token)).Select(c => c.Run.Id));
        Assert.Empty(await Store.ClaimRunsAsync(scheduler, 10, Token));
        Assert.Equal(5, (await Store.OwnedRevisionsAsync(scheduler, Token)).Count);
    }

    [Fact]
    public async Task A_claim_moves_the_revision_so_that_a_command_decided_before_it_conflicts()
    {
        var scheduler = await JoinAsync();
        var seen = await CreateAsync(NewRow());
        Assert.Single(await Store.ClaimRunsAsync(scheduler, 1, Token));
        Assert.False(await CommitAsync(Change(seen, RunState.Failed)));
    }

    [Fact]
    public async Task A_command_shows_in_the_revisions_of_the_owner()
    {
        var scheduler = await JoinAsync();
        var run = await CreateAsync(NewRow(owner: scheduler));
        Assert.Equal(0, (await Store.OwnedRevisionsAsync(scheduler, Token))[run.Id]);
        Assert.True(await CommitAsync(Change(run, RunState.Running)));
        Assert.Equal(1, (await Store.OwnedRevisionsAsync(scheduler, Token))[run.Id]);
        Assert.Equal(scheduler, (await ReloadAsync(run)).Owner);
    }

    [Fact]
    public async Task Two_schedulers_never_claim_the_same_run()
    {
        var runs = new List<NewRun>();
        for (var i = 0; i < 200; i++)
            runs.Add(new NewRun(NewRow($"dag{i}")));
        await Store.CommitAsync(new CommitBatch { Now = Noon, NewRuns = runs }, Token);
        var claims = await Race(4, async store =>
        {
            var scheduler = await JoinAsync();
            var claimed = new List<RunId>();
            while (await store.ClaimRunsAsync(scheduler, 7, Token) is { Count: > 0 } some)
                claimed.AddRange(some.Select(s => s.Run.Id));
            return claimed;
        });
        Assert.Equal(runs.Select(r => r.Run.Id).ToHashSet(), claims.SelectMany(c => c).ToHashSet());
        Assert.Equal(200, claims.Sum(c => c.Count));
    }

    [Fact]
    public async Task Eviction_takes_over_all_that_an_expired_scheduler_held()
    {
        var (by, expired) = (await JoinAsync(Noon.AddSeconds(60)), await JoinAsync(Noon.AddSeconds(10)));
        var run = await CreateAsync(NewRow(owner: expired));
        var backfill = NewBackfill() with { Owner = expired };
        await Store.CreateBackfillAsync(backfill, Token);
        await Store.ShareAsync(expired, [new ShareRequest("runs:orders", 1, 1)], Token);
        Assert.Empty(await Store.EvictAsync(by, Noon.AddSeconds(10), Token));

        Assert.Equal([expired], await Store.EvictAsync(by, Noon.AddSeconds(11), Token));

        Assert.Equal([run.Id], (await Store.OwnedRevisionsAsync(by, Token)).Keys);
        Assert.Equal([("runs:orders", 1)], (await Store.HeldSharesAsync(by, Token)).Select(share => (share.Key, share.Held)));
        Assert.Equal([backfill with { Owner = by }], await Store.ClaimBackfillsAsync(by, Token));
        Assert.Equal(1, Assert.Single(await Store.ShareAsync(by, [new ShareRequest("runs:orders", 1, 1)], Token)).Held);
        await Assert.ThrowsAsync<LeaseLostException>(() => Store.ClaimRunsAsync(expired, 1, Token));
        await Assert.ThrowsAsync<LeaseLostException>(() => Store.ShareAsync(expired, [new ShareRequest("runs:orders", 1, 1)], Token));
    }

    [Fact]
    public async Task A_late_commit_of_an_evicted_scheduler_is_refused_even_after_it_joined_again()
    {
        var (by, evicted) = (await JoinAsync(Noon.AddSeconds(60)), await JoinAsync(Noon.AddSeconds(10)));
        var run = await CreateAsync(NewRow(owner: evicted));
        await Store.EvictAsync(by, Noon.AddSeconds(11), Token);
        await Assert.ThrowsAsync<LeaseLostException>(() => CommitAsync(Change(run, RunState.Running), evicted));

        await Store.JoinAsync(new SchedulerRow(evicted, "host", 42, Noon, Noon.AddSeconds(90)), Token);
        Assert.False(await CommitAsync(Change(run, RunState.Running), evicted));
    }

    [Fact]
    public async Task An_eviction_and_a_commit_at_once_leave_no_run_with_an_owner_that_is_gone()
    {
        for (var round = 0; round < 20; round++)
        {
            var (by, late) = (await JoinAsync(Noon.AddHours(1)), await JoinAsync(Noon));
            var run = await CreateAsync(NewRow($"dag{round}", owner: late));
            var other = OpenAnother();
            var created = NewRow($"new{round}", owner: late);
            var commit = Task.Run(async () =>
            {
                try
                {
                    var result = await other.CommitAsync(new CommitBatch { Scheduler = late, Now = Noon, Changes = [Change(run, RunState.Running)], NewRuns = [new NewRun(created, null)] }, Token);
                    return result.Conflicts.Count == 0;
                }
                catch (LeaseLostException)
                {
                    return false;
                }
            }, Token);
            var evicted = Task.Run(() => Store.EvictAsync(by, Noon.AddSeconds(1), Token), Token);
            var committed = await commit;
            Assert.Equal([late], await evicted);

            var kept = await ReloadAsync(run);
            Assert.Equal(by, kept.Owner);
            Assert.Equal(committed ? RunState.Running : RunState.Queued, kept.State);
            Assert.Equal(committed, await Store.LoadRunAsync(created.Id, Token) is not null);
            if (committed)
                Assert.Equal(by, (await ReloadAsync(created)).Owner);
        }
    }

    [Fact]
    public async Task A_scheduler_that_leaves_frees_what_waits_and_leaves_what_runs_with_its_shares_to_the_next()
    {
        var (leaver, next) = (await JoinAsync(), await JoinAsync());
        var waits = await CreateAsync(NewRow("waits", owner: leaver));
        var runs = await CreateAsync(NewRow("runs", owner: leaver));
        Assert.True(await CommitAsync(Change(runs, RunState.Running), leaver));
        await Store.ShareAsync(leaver, [new ShareRequest("pool:default", 0, 5)], Token);

        await Store.LeaveAsync(leaver, Token);

        Assert.Equal([waits.Id], (await Store.ClaimRunsAsync(next, 10, Token)).Select(claimed => claimed.Run.Id));
        Assert.Equal([next], (await Store.ListSchedulersAsync(Token)).Select(row => row.Id));
        Assert.False(await Store.RenewAsync(leaver, Noon.AddHours(1), Token));
        Assert.Equal([leaver], await Store.EvictAsync(next, Noon, Token));
        Assert.Contains(runs.Id, (await Store.OwnedRevisionsAsync(next, Token)).Keys);
        Assert.Equal([("pool:default", 5)], (await Store.HeldSharesAsync(next, Token)).Select(share => (share.Key, share.Held)));
    }

    /// <summary>The same work at once from several stores on one database.</summary>
    async Task<T[]> Race<T>(int count, Func<IMetadataStore, Task<T>> work)
    {
        var stores = Enumerable.Range(0, count).Select(_ => OpenAnother()).ToList();
        return await Task.WhenAll(stores.Select(store => Task.Run(() => work(store), Token)));
    }
}
