using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Loading;

public sealed class DuckDbLoadTests : TableLoadContract, IDisposable
{
    readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    protected override TableTarget Table(string name, params string[] key) => Millrace.Data.DuckDb.Open(folder["loads.duckdb"]).Table(name, key);

    [Fact]
    public async Task A_table_is_read_while_another_of_the_same_file_is_loaded_from_it()
    {
        await Frame.From([new Reading(1, "a", 1), new Reading(2, "b", 2)]).LoadAsync(Table("readings", "id"), Load.Full, cancel: Cancel);
        var report = await Frame.From((DuckDbTable)Table("readings")).LoadAsync(Table("copies", "id"), Load.Upsert, cancel: Cancel);
        Assert.Equal(2, report.Added);
    }
}
