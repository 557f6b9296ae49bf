using Millrace.Metadata;

namespace Millrace.Storage.Tests;

public abstract partial class MetadataStoreContract
{
    static DagRegistration Declare(string dag, string hash = "v1", string source = "dags.cs", bool paused = false) =>
        new(new DagVersion(dag, hash, "bundle", $$"""{"name":"{{dag}}","tasks":[]}""", Noon), source, "ann", "what it does", ["a", "b"], "@hourly", paused);

    Task<IReadOnlyList<DagVersion>> RegisterAsync(params DagRegistration[] dags) => ReadAsync([.. dags.GroupBy(d => d.Source).Select(s => new SourceReading(s.Key, [.. s], []))]);

    Task<IReadOnlyList<DagVersion>> ReadAsync(params SourceReading[] readings) => Store.RegisterAsync(readings, Noon, Token);

    [Fact]
    public async Task A_declared_Dag_is_in_force()
    {
        var versions = await RegisterAsync(Declare("orders", paused: true));
        var version = new DagVersion("orders", "v1", "bundle", """{"name":"orders","tasks":[]}""", Noon, 1);
        Assert.Equal([version], versions);
        Assert.Equal(version, await Store.LoadVersionAsync("orders", "v1", Token));
        Assert.Null(await Store.LoadVersionAsync("orders", "v2", Token));
        Assert.Equivalent(new DagRow
        {
            Name = "orders",
            Version = "v1",
            Paused = true,
            Source = "dags.cs",
            Owner = "ann",
            Description = "what it does",
            Tags = ["a", "b"],
            Schedule = "@hourly",
            FirstSeenAt = Noon,
        }, Assert.Single(await Store.ListDagsAsync(Token)), strict: true);
        Assert.Null(await Store.FindDagAsync("other", Token));
    }

    [Fact]
    public async Task An_unchanged_Dag_is_not_written_again()
    {
        await RegisterAsync(Declare("orders"));
        Assert.Empty(await RegisterAsync(Declare("orders")));
        Assert.Single(await Store.ListVersionsAsync("orders", Token));
    }

    [Fact]
    public async Task A_new_version_comes_into_force_and_an_old_one_can_come_back()
    {
        await RegisterAsync(Declare("orders", "v1"));
        await Store.SetNextDueAsync([("orders", "v1", Noon)], Token);
        await Store.SetPausedAsync("orders", true, Token);

        Assert.Equal(2, Assert.Single(await RegisterAsync(Declare("orders", "v2"))).Number);
        var dag = await Store.FindDagAsync("orders", Token);
        Assert.Equal(("v2", true, Noon, "v1"), (dag!.Version, dag.Paused, dag.NextDue, dag.DueVersion));

        Assert.Equal(1, Assert.Single(await RegisterAsync(Declare("orders", "v1"))).Number);
        Assert.Equal("v1", (await Store.FindDagAsync("orders", Token))!.Version);
        Assert.Equal([2, 1], (await Store.ListVersionsAsync("orders", Token)).Select(v => v.Number));
    }

    [Fact]
    public async Task A_broken_source_keeps_its_last_good_version_and_shows_its_errors()
    {
        await RegisterAsync(Declare("orders"));
        var error = new DagError("dags.cs", 12, 5, "syntax", "; expected", Noon);
        Assert.Empty(await ReadAsync(new SourceReading("dags.cs", [], [error])));
        Assert.True((await Store.FindDagAsync("orders", Token))!.Active);
        Assert.Equal([error], await Store.ListErrorsAsync(Token));

        var other = error with { Line = 2, Kind = "type" };
        await ReadAsync(new SourceReading("dags.cs", [], [other]));
        Assert.Equal([other], await Store.ListErrorsAsync(Token));

        Assert.Empty(await RegisterAsync(Declare("orders")));
        Assert.Empty(await Store.ListErrorsAsync(Token));
    }

    [Fact]
    public async Task A_source_that_is_gone_takes_its_Dags_and_errors_along_but_not_the_history()
    {
        await RegisterAsync(Declare("orders"));
        await ReadAsync(new SourceReading("dags.cs", [], [new DagError("dags.cs", 1, 1, "type", "wrong", Noon)]));
        await ReadAsync(new SourceReading("dags.cs", [], []) { Removed = true });
        Assert.False((await Store.FindDagAsync("orders", Token))!.Active);
        Assert.Empty(await Store.ListErrorsAsync(Token));
        Assert.Single(await Store.ListVersionsAsync("orders", Token));

        Assert.Equal(1, Assert.Single(await RegisterAsync(Declare("orders"))).Number);
        Assert.True((await Store.FindDagAsync("orders", Token))!.Active);
    }

    [Fact]
    public async Task A_Dag_that_its_source_no_longer_declares_is_inactive()
    {
        await RegisterAsync(Declare("orders"), Declare("bills"));
        await RegisterAsync(Declare("bills"));
        Assert.Equal([("bills", true), ("orders", false)], (await Store.ListDagsAsync(Token)).Select(d => (d.Name, d.Active)));
    }

    [Fact]
    public async Task A_name_that_another_source_uses_is_an_error_of_the_newcomer()
    {
        await RegisterAsync(Declare("orders", source: "a.cs"));
        Assert.Empty(await RegisterAsync(Declare("orders", "v2", "b.cs")));
        var error = Assert.Single(await Store.ListErrorsAsync(Token));
        Assert.Equal(("b.cs", "duplicate"), (error.Source, error.Kind));
        Assert.Contains("'a.cs'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'b.cs'", error.Message, StringComparison.Ordinal);
        Assert.Equal("v1", (await Store.FindDagAsync("orders", Token))!.Version);
    }

    [Fact]
    public async Task A_Dag_may_move_to_another_source()
    {
        await RegisterAsync(Declare("orders", source: "b.cs"));
        await ReadAsync(new SourceReading("a.cs", [Declare("orders", source: "a.cs")], []), new SourceReading("b.cs", [], []) { Removed = true });
        var dag = await Store.FindDagAsync("orders", Token);
        Assert.Equal(("a.cs", true), (dag!.Source, dag.Active));
        Assert.Empty(await Store.ListErrorsAsync(Token));
    }

    [Fact]
    public async Task Two_processes_that_load_the_same_folder_at_once_make_one_version()
    {
        var dags = Enumerable.Range(0, 50).Select(i => Declare($"dag{i}", source: $"{i}.cs")).Select(d => new SourceReading(d.Source, [d], [])).ToList();
        var registered = await Race(3, store => store.RegisterAsync(dags, Noon, Token));
        Assert.Equal(50, registered.Sum(r => r.Count));
        Assert.Equal(50, (await Store.ListDagsAsync(Token)).Count);
    }

    [Fact]
    public async Task A_Dag_can_be_paused()
    {
        await RegisterAsync(Declare("orders"));
        Assert.True(await Store.SetPausedAsync("orders", true, Token));
        Assert.True((await Store.FindDagAsync("orders", Token))!.Paused);
        Assert.True(await Store.SetPausedAsync("orders", false, Token));
        Assert.False((await Store.FindDagAsync("orders", Token))!.Paused);
        Assert.False(await Store.SetPausedAsync("nothing", true, Token));
    }
}
