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
}

public sealed class SqliteInMemoryStoreTests : MetadataStoreContract
{
    internal override IMetadataStore Open() => SqliteStore.InMemory();

    protected override bool IsShared => false;
}
