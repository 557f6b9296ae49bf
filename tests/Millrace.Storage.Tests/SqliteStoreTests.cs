using Millrace.Metadata;
using Millrace.Storage.Sqlite;
using Millrace.Testing.Servers;

namespace Millrace.Storage.Tests;

public sealed class SqliteStoreTests : MetadataStoreContract
{
    readonly TempFolder folder = new();

    internal override IMetadataStore Open() => new SqliteStore(folder["millrace.db"]);

    protected override ValueTask DropDatabaseAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Stores_that_migrate_a_new_file_at_once_all_find_it_migrated()
    {
        for (var round = 0; round < 10; round++)
        {
            var stores = Enumerable.Range(0, 4).Select(_ => new SqliteStore(folder[$"new{round}.db"])).ToList();
            await Task.WhenAll(stores.Select(s => Task.Run(() => s.MigrateAsync(TestContext.Current.CancellationToken))));
            foreach (var store in stores)
            {
                Assert.Empty((await store.CheckAsync(TestContext.Current.CancellationToken)).Problems);
                await store.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task A_file_that_is_not_migrated_yet_says_what_to_run()
    {
        await using var store = new SqliteStore(folder["empty.db"]);
        Assert.Contains("millrace db migrate", Assert.Single((await store.CheckAsync(TestContext.Current.CancellationToken)).Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_cannot_be_opened_names_itself()
    {
        await using var store = new SqliteStore(folder["no", "such", "folder.db"]);
        var failure = await Assert.ThrowsAsync<StoreException>(() => store.MigrateAsync(TestContext.Current.CancellationToken));
        Assert.Contains(folder["no", "such", "folder.db"], failure.Message, StringComparison.Ordinal);
    }
}

public sealed class SqliteInMemoryStoreTests : MetadataStoreContract
{
    internal override IMetadataStore Open() => SqliteStore.InMemory();

    protected override bool IsShared => false;
}
