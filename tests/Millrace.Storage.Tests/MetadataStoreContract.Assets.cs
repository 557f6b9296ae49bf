using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Storage.Tests;

public abstract partial class MetadataStoreContract
{
    [Fact]
    public async Task An_asset_shows_who_makes_it_and_who_waits_for_it()
    {
        await RegisterAsync(Declare("maker") with { Produces = ["table", "table"] }, Declare("reader") with { Consumes = ["table", "file"] });
        await Store.RecordAssetEventAsync("file", Noon, Token);
        await Store.RecordAssetEventAsync("stray", Noon.AddHours(1), Token);
        Assert.Equivalent(new[]
        {
            new AssetRow("file", Noon, 1, [], ["reader"]),
            new AssetRow("stray", Noon.AddHours(1), 1, [], []),
            new AssetRow("table", null, 0, ["maker"], ["reader"]),
        }, await Store.ListAssetsAsync(Token), strict: true);

        await RegisterAsync(Declare("maker", "v2"));
        Assert.Empty((await Store.ListAssetsAsync(Token)).Single(a => a.Name == "table").Producers);
    }

    [Fact]
    public async Task Updates_are_pending_until_they_are_consumed()
    {
        await RegisterAsync(Declare("maker") with { Produces = ["table"] }, Declare("reader") with { Consumes = ["table", "file"] });
        Assert.Empty(await Store.PendingAssetsAsync("reader", Token));
        var maker = await CreateAsync(NewRow("maker"));
        Assert.True(await CommitAsync(Change(maker) with
        {
            AssetEvents = [.. Enumerable.Range(0, 3).Select(i => new AssetEventRow(Guid.NewGuid(), "table", new InstanceId(maker.Id, "load", i), "maker", Noon))],
        }));
        Assert.Equal(["table"], await Store.PendingAssetsAsync("reader", Token));
        Assert.Empty(await Store.PendingAssetsAsync("maker", Token));

        var run = NewRow("reader", kind: RunKind.Asset);
        Assert.False(await Store.ConsumeAssetsAsync(run, new HashSet<string> { "table", "file" }, Token));
        await Store.RecordAssetEventAsync("file", Noon, Token);
        Assert.False(await Store.ConsumeAssetsAsync(run, new HashSet<string> { "table" }, Token));
        Assert.True(await Store.ConsumeAssetsAsync(run, new HashSet<string> { "table", "file" }, Token));
        Assert.Equal(run, await ReloadAsync(run));
        Assert.Empty(await Store.PendingAssetsAsync("reader", Token));

        // A key that is taken consumes nothing.
        await Store.RecordAssetEventAsync("file", Noon.AddHours(1), Token);
        Assert.False(await Store.ConsumeAssetsAsync(run with { Id = RunId.New(Noon) }, new HashSet<string> { "file" }, Token));
        Assert.Equal(["file"], await Store.PendingAssetsAsync("reader", Token));
    }

    [Fact]
    public async Task A_Dag_that_begins_to_wait_does_not_see_past_updates()
    {
        await Store.RecordAssetEventAsync("table", Noon, Token);
        await RegisterAsync(Declare("reader") with { Consumes = ["table"] });
        Assert.Empty(await Store.PendingAssetsAsync("reader", Token));
        await Store.RecordAssetEventAsync("table", Noon, Token);
        // A new version of a Dag that waited already loses nothing.
        await RegisterAsync(Declare("reader", "v2") with { Consumes = ["table"] });
        Assert.Equal(["table"], await Store.PendingAssetsAsync("reader", Token));
    }

    [Fact]
    public async Task An_update_is_consumed_once_by_schedulers_that_see_it_at_once()
    {
        await RegisterAsync(Declare("reader") with { Consumes = ["table"] });
        for (var round = 0; round < 10; round++)
        {
            await Store.RecordAssetEventAsync("table", Noon, Token);
            var consumed = await Race(3, store => store.ConsumeAssetsAsync(NewRow("reader") with { Key = Guid.NewGuid().ToString() }, new HashSet<string> { "table" }, Token));
            Assert.Single(consumed, true);
        }
    }
}
