using Millrace.Testing.Servers;
using Npgsql;

namespace Millrace.Data.Tests.Databases;

public sealed class AdoTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_table_of_any_provider_is_appended_to_and_read_whole_and_in_parts()
    {
        await using var server = await PostgresDatabase.CreateAsync(Cancel);
        await using (var session = new NpgsqlConnection(server.ConnectionString))
        {
            await session.OpenAsync(Cancel);
            await using var create = new NpgsqlCommand("create table people (id int, name text, born date, paid numeric(9,2), seen timestamptz, key uuid)", session);
            await create.ExecuteNonQueryAsync(Cancel);
        }
        var table = AdoDatabase.Connect(NpgsqlFactory.Instance, server.ConnectionString).Table("people");
        var people = Enumerable.Range(0, 1000).Select(i => new Person(i, i % 3 == 0 ? null : $"person {i}", new DateOnly(1990, 1, 1).AddDays(i), i / 4m, DateTimeOffset.UnixEpoch.AddHours(i), new Guid(i, 0, 0, new byte[8]))).ToList();
        var context = new RunContext();
        await using (var writer = await ((ISink)table).OpenAsync(RecordSchema.Of<Person>(), context, Cancel))
        {
            await foreach (var batch in Frame.From(people).ReadBatchesAsync(context, Cancel)) await writer.WriteAsync(batch.Slice(0, batch.Count), Cancel);
            Assert.Equal(1000, (await writer.CommitAsync(Cancel)).Rows);
        }
        Assert.Equal(people, (await Frame.From(table).As<Person>().ToListAsync(Cancel)).OrderBy(p => p.Id));
        Assert.Equal(people, (await Frame.From(table.InParts("id", 3)).As<Person>().ToListAsync(Cancel)).OrderBy(p => p.Id));
    }

    sealed record Person(int Id, string? Name, DateOnly Born, [property: Digits(9, 2)] decimal Paid, DateTimeOffset Seen, Guid Key);
}
