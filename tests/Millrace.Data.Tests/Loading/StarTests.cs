using Millrace.Plans;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Loading;

public sealed class StarTests : IDisposable
{
    readonly TempFolder folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Members_keep_their_numbers_and_facts_find_them_or_the_unknown_member()
    {
        var file = Sqlite.Open(folder["star.db"]);
        var plazas = new Dimension(file.Table("plazas", ["code"]), "plaza_key");
        await plazas.LoadAsync(Frame.From([new { Code = "A", Name = "North" }, new { Code = "B", Name = "South" }]), cancel: Cancel);
        var report = await plazas.LoadAsync(Frame.From([new { Code = "C", Name = "East" }, new { Code = "B", Name = "South-west" }]), cancel: Cancel);
        Assert.Equal((1, 1), (report.Added, report.Changed));
        Assert.Equal(0, (await plazas.LoadAsync(Frame.From([new { Code = "C", Name = "East" }]), cancel: Cancel)).Written);
        var members = await Frame.From(file.Table("plazas")).As<Plaza>().ToListAsync(Cancel);
        Assert.Equal([new("(unknown)", null, -1), new("A", "North", 1), new("B", "South-west", 2), new("C", "East", 3)], members.Select(m => m.PlazaKey == -1 ? m with { Name = null } : m).OrderBy(m => m.PlazaKey));

        var passes = Frame.From([new { Id = 1, Plaza = (string?)"B" }, new { Id = 2, Plaza = (string?)"nowhere" }, new { Id = 3, Plaza = (string?)null }]);
        var loaded = await plazas.LookUp(passes, ["plaza"]).LoadAsync(file.Table("passes", ["id"]), Load.Upsert, cancel: Cancel);
        Assert.Equal(3, loaded.Written);
        Assert.Equal([(1, 2L), (2, -1L), (3, -1L)], (await Frame.From(file.Table("passes")).As<Pass>().ToListAsync(Cancel)).Select(p => (p.Id, p.PlazaKey)).Order());
        var strict = await plazas.LookUp(passes, ["plaza"], MissingMember.Reject).LoadAsync(file.Table("strict", ["id"]), Load.Upsert, cancel: Cancel);
        Assert.Equal((3, 1, 2), (strict.RowsIn, strict.Written, strict.Rejected));
        Assert.Equal("nowhere", strict.RejectedRows[0].Value);
    }

    [Fact]
    public async Task A_number_finds_its_member_whatever_type_holds_it_and_another_type_is_refused()
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancel);
        foreach (var table in new TableTarget[] { Postgres.Connect(database.ConnectionString).Table("numbered", ["id"]), Sqlite.Open(folder["numbered.db"]).Table("numbered", ["id"]) })
        {
            var members = new Dimension(table, "n_key");
            await members.LoadAsync(Frame.From([new { Id = 7, Name = "seven" }, new { Id = 70, Name = "seventy" }]), cancel: Cancel);
            Assert.Equal([1L, 2L, -1L], await Keys(Frame.From([new { Id = 7m }, new { Id = 70m }, new { Id = 7.5m }])));
            Assert.Equal([1L, 2L], await Keys(Frame.From([new { Id = 7L }, new { Id = 70L }])));
            Assert.Equal([1L, -1L], await Keys(Frame.From([new { Id = 7.0 }, new { Id = 7.25 }])));
            var refused = await Assert.ThrowsAsync<PlanException>(() => Keys(Frame.From([new { Id = "07" }])));
            Assert.Contains("Cast(\"Id\"", refused.Message, StringComparison.Ordinal);

            async Task<List<long>> Keys(Frame facts)
            {
                using var found = await members.LookUp(facts, ["Id"]).CollectAsync(Cancel);
                return [.. found.Column<long>("n_key")];
            }
        }
    }

    [Fact]
    public async Task Parts_of_a_key_that_read_alike_together_are_members_apart()
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancel);
        var members = new Dimension(Postgres.Connect(database.ConnectionString).Table("parts", ["a", "b"]), "p_key");
        await members.LoadAsync(Frame.From([new { A = "x\u001fy", B = "z" }, new { A = "x", B = "y\u001fz" }, new { A = "1:x", B = "" }, new { A = "", B = "1:x" }]), cancel: Cancel);
        using var found = await members.LookUp(Frame.From([new { A = "x", B = "y\u001fz" }, new { A = "x\u001fy", B = "z" }, new { A = "", B = "1:x" }]), ["A", "B"]).CollectAsync(Cancel);
        Assert.Equal([2L, 1L, 4L], found.Column<long>("p_key"));
    }

    sealed record Plaza(string Code, string? Name, long PlazaKey);

    sealed record Pass(int Id, long PlazaKey);
}
