using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Storage.Tests;

public abstract partial class MetadataStoreContract
{
    [Fact]
    public async Task A_share_is_what_is_wanted_or_what_others_leave()
    {
        var (one, two) = (await JoinAsync(), await JoinAsync());
        Assert.Equal([new Share("runs:a", 6, 10, false)], await Store.ShareAsync(one, [new ShareRequest("runs:a", 10, 6)], Token));
        Assert.Equal([new Share("runs:a", 4, 10, false)], await Store.ShareAsync(two, [new ShareRequest("runs:a", 10, 7)], Token));

        // The second got less than it wanted: the first is told, gives back, and the second can have it.
        Assert.Equal([new Share("runs:a", 6, 10, true)], await Store.ShareAsync(one, [new ShareRequest("runs:a", 10, 8)], Token));
        Assert.Equal([new Share("runs:a", 3, 10, true)], await Store.ShareAsync(one, [new ShareRequest("runs:a", 10, 3)], Token));
        Assert.Equal([new Share("runs:a", 7, 10, false)], await Store.ShareAsync(two, [new ShareRequest("runs:a", 10, 7)], Token));
        Assert.Equal([new Share("runs:a", 0, 10, false)], await Store.ShareAsync(one, [new ShareRequest("runs:a", 10, 0)], Token));
    }

    [Fact]
    public async Task A_pool_s_size_is_the_store_s()
    {
        var scheduler = await JoinAsync();
        await Store.SetPoolAsync(new PoolRow("small", 2, null), Token);
        Assert.Equal(
        [
            new Share("pool:small", 2, 2, false),
            new Share("pool:default", 128, 128, false),
            new Share("pool:none", 0, -1, false),
            new Share("task:a/b", 1, 1, false),
        ], await Store.ShareAsync(scheduler, [new("pool:small", 99, 5), new("pool:default", 0, 1000), new("pool:none", 5, 5), new("task:a/b", 1, 2)], Token));

        await Store.SetPoolAsync(new PoolRow("small", 1, null), Token);
        Assert.Equal([new Share("pool:small", 1, 1, false)], await Store.ShareAsync(scheduler, [new("pool:small", 0, 5)], Token));
    }

    [Fact]
    public async Task Shares_taken_at_once_never_exceed_the_limit()
    {
        await Store.SetPoolAsync(new PoolRow("p", 10, null), Token);
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var held = new int[4, 2];
        var next = 0;
        var exceeded = 0;
        var watch = new Lock();
        await Race(4, async store =>
        {
            var me = Interlocked.Increment(ref next) - 1;
            var random = new Random(seed + me);
            var scheduler = await JoinAsync();
            for (var i = 0; i < 60; i++)
            {
                var want = random.Next(0, 9);
                // What is given back is no longer used from before the store hears of it; what is granted, only after.
                lock (watch)
                {
                    held[me, 0] = Math.Min(held[me, 0], want);
                    held[me, 1] = Math.Min(held[me, 1], want);
                }
                ShareRequest[] requests = [new("runs:a", 10, want), new("pool:p", 0, want)];
                if (random.Next(2) == 0)
                    Array.Reverse(requests);
                var shares = await store.ShareAsync(scheduler, requests, Token);
                lock (watch)
                {
                    held[me, 0] = shares.Single(s => s.Key == "runs:a").Held;
                    held[me, 1] = shares.Single(s => s.Key == "pool:p").Held;
                    if (Enumerable.Range(0, 4).Sum(s => held[s, 0]) > 10 || Enumerable.Range(0, 4).Sum(s => held[s, 1]) > 10)
                        exceeded++;
                }
            }
            return true;
        });
        Assert.Equal(0, exceeded);
    }
}
