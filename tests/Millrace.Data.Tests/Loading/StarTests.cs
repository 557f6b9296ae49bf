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

    sealed record Plaza(string Code, string? Name, long PlazaKey);

    sealed record Pass(int Id, long PlazaKey);
}
