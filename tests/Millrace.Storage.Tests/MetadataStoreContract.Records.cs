using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Storage.Tests;

public abstract partial class MetadataStoreContract
{
    static readonly Guid Topic = Guid.NewGuid();

    static RecordTake Take(params RecordStep[] steps) => new("dag orders", "orders", Topic, steps, Noon);

    [Fact]
    public async Task Records_start_a_run_and_move_the_watch_together_or_not_at_all()
    {
        Assert.Empty(await Store.RecordPlacesAsync("dag orders", "orders", Token));
        Assert.True(await Store.TakeRecordsAsync(Take(new(0, null, 5), new(1, null, 0)), Token));

        var run = NewRow(kind: RunKind.Record) with { Records = new("orders", 2, [new(0, 5, 6), new(1, 0, 1)]) };
        // One of the places isn't where it is said to be.
        foreach (var wrong in (RecordStep[])[new(1, null, 1), new(1, 1, 2), new(2, 0, 1)])
            Assert.False(await Store.TakeRecordsAsync(Take(new(0, 5, 6), wrong) with { Run = run }, Token));
        Assert.Null(await Store.LoadRunAsync(run.Id, Token));
        Assert.Equal([new(Topic, 0, 5), new(Topic, 1, 0)], await Store.RecordPlacesAsync("dag orders", "orders", Token));

        Assert.True(await Store.TakeRecordsAsync(Take(new(0, 5, 6), new(1, 0, 1)) with { Run = run }, Token));
        Assert.Equal(run, await ReloadAsync(run));
        Assert.Equal([new(Topic, 0, 6), new(Topic, 1, 1)], await Store.RecordPlacesAsync("dag orders", "orders", Token));
        // Of others nothing is known by it.
        Assert.Empty(await Store.RecordPlacesAsync("dag orders", "rates", Token));
        Assert.Empty(await Store.RecordPlacesAsync("dag rates", "orders", Token));
    }

    [Fact]
    public async Task Records_of_a_topic_that_was_made_anew_start_runs_though_their_keys_are_taken()
    {
        var run = NewRow(kind: RunKind.Record) with { Key = "record__orders-0-0" };
        Assert.True(await Store.TakeRecordsAsync(Take(new RecordStep(0, null, 1)) with { Run = run }, Token));

        // Places in the one that was deleted are none here, and the other way round.
        var (again, anew) = (run with { Id = RunId.New(Noon) }, Guid.NewGuid());
        Assert.False(await Store.TakeRecordsAsync(Take(new RecordStep(0, 1, 2)) with { TopicId = anew, Run = again }, Token));
        Assert.True(await Store.TakeRecordsAsync(Take(new RecordStep(0, null, 1)) with { TopicId = anew, Run = again }, Token));
        Assert.False(await Store.TakeRecordsAsync(Take(new RecordStep(0, 1, 2)) with { Run = run with { Id = RunId.New(Noon) } }, Token));

        Assert.Equal($"record__orders-0-0__{again.Id}", (await ReloadAsync(again)).Key);
        Assert.Equal(run, await ReloadAsync(run));
    }

    [Fact]
    public async Task Records_update_an_asset_as_they_move_the_watch()
    {
        await RegisterAsync(Declare("reader") with { Consumes = ["table"], Topics = ["orders"] });
        Assert.Equal(["orders"], (await Store.FindDagAsync("reader", Token))!.Topics);

        Assert.True(await Store.TakeRecordsAsync(Take(new RecordStep(0, null, 3)) with { Asset = "table" }, Token));
        Assert.False(await Store.TakeRecordsAsync(Take(new RecordStep(0, null, 3)) with { Asset = "table" }, Token));

        Assert.Equal((1, Noon), (Assert.Single(await Store.ListAssetsAsync(Token)).Updates, (await Store.ListAssetsAsync(Token))[0].LastUpdate));
        Assert.Equal(["table"], await Store.PendingAssetsAsync("reader", Token));
    }

    [Fact]
    public async Task A_record_starts_one_run_though_several_watch_at_once()
    {
        Assert.True(await Store.TakeRecordsAsync(Take(new RecordStep(0, null, 0)), Token));
        var made = await Race(3, async store =>
        {
            var count = 0;
            while (await store.RecordPlacesAsync("dag orders", "orders", Token) is [var place] && place.Next < 30)
                // Another key each time: only the place can keep two from starting runs for the same record.
                if (await store.TakeRecordsAsync(Take(new RecordStep(0, place.Next, place.Next + 1)) with { Run = NewRow() with { Key = Guid.NewGuid().ToString() } }, Token)) count++;
            return count;
        });
        Assert.Equal(30, made.Sum());
        Assert.Equal(30, (await Store.ListRunsAsync(new RunFilter { Limit = 100 }, Token)).Count);
    }
}
