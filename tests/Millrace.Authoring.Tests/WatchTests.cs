using Millrace.Metadata;

namespace Millrace.Authoring.Tests;

public sealed class WatchTests : IAsyncLifetime
{
    readonly Workspace work = new();
    readonly CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    readonly Queue<SourceReading> arrived = new();
    Watching.DagFolder folder = null!;
    IAsyncEnumerator<IReadOnlyList<SourceReading>> readings = null!;

    public ValueTask InitializeAsync()
    {
        ending.CancelAfter(TimeSpan.FromMinutes(1));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await readings.DisposeAsync();
        await folder.DisposeAsync();
        ending.Dispose();
        work.Dispose();
    }

    [Fact]
    public async Task A_saved_file_comes_into_force_as_a_new_version()
    {
        work.Write("it.cs", Workspace.Dag("it"));
        Watch();
        var first = await NextAsync();
        work.Write("it.cs", Workspace.Dag("it", message: "changed"));
        var second = await NextAsync();
        Assert.NotEqual(first.Dags[0].Version.Hash, second.Dags[0].Version.Hash);
    }

    [Fact]
    public async Task A_broken_save_tells_its_errors_only_and_the_next_good_one_clears_them()
    {
        work.Write("it.cs", Workspace.Dag("it"));
        Watch();
        var good = await NextAsync();
        work.Write("it.cs", Workspace.Dag("it").Replace("d.Task", "d.Tusk", StringComparison.Ordinal));
        var broken = await NextAsync();
        Assert.Empty(broken.Dags);
        Assert.Equal(("type", 3), (broken.Errors[0].Kind, broken.Errors[0].Line));

        work.Write("it.cs", Workspace.Dag("it"));
        var again = await NextAsync();
        Assert.Empty(again.Errors);
        Assert.Equal(good.Dags[0].Version.Hash, again.Dags[0].Version.Hash);
    }

    [Fact]
    public async Task A_file_that_hangs_does_not_hold_up_the_others()
    {
        work.Options = work.Options with { BuildTimeout = TimeSpan.FromSeconds(20) };
        work.Write("hangs.cs", "static class Hangs { public static Dag It => Dag.Build(\"hangs\", d => Thread.Sleep(-1)); }");
        Watch();
        work.Write("it.cs", Workspace.Dag("it"));
        Assert.Equal("it.cs", (await NextAsync()).Source);

        // The hanging reading is given up as soon as the file is saved again.
        work.Write("hangs.cs", Workspace.Dag("mended"));
        Assert.Equal("mended", (await NextAsync()).Dags[0].Version.Dag);
    }

    [Fact]
    public async Task A_deleted_file_is_removed_and_a_renamed_one_moves()
    {
        work.Write("old.cs", Workspace.Dag("it"));
        Watch();
        await NextAsync();
        File.Move(work["old.cs"], work["new.cs"]);
        var (one, other) = (await NextAsync(), await NextAsync());
        while (!other.Removed && other.Dags.Count == 0) other = await NextAsync();
        // Until the old file is known to be gone, the new one may be told that the name is taken.
        var last = new Dictionary<string, SourceReading> { [one.Source] = one };
        last[other.Source] = other;
        while (last.Count < 2 || last["new.cs"].Dags.Count == 0)
        {
            var next = await NextAsync();
            last[next.Source] = next;
        }
        Assert.True(last["old.cs"].Removed);
        Assert.Equal("it", last["new.cs"].Dags[0].Version.Dag);
    }

    [Fact]
    public async Task A_save_through_a_temporary_file_is_one_change_of_one_source()
    {
        work.Write("it.cs", Workspace.Dag("it"));
        Watch();
        await NextAsync();
        for (var i = 0; i < 20; i++)
        {
            File.WriteAllText(work["it.cs.tmp"], Workspace.Dag("it", message: $"number {i}"));
            File.Move(work["it.cs.tmp"], work["it.cs"], overwrite: true);
        }
        work.Write("last.cs", Workspace.Dag("last"));
        var seen = new List<SourceReading>();
        while (!seen.Exists(r => r.Source == "last.cs") || !seen.Exists(r => r.Source == "it.cs")) seen.Add(await NextAsync());
        Assert.All(seen, reading => Assert.True(!reading.Removed && reading.Errors.Count == 0));
        Assert.All(seen, reading => Assert.Contains(reading.Source, (string[])["it.cs", "last.cs"]));
    }

    [Fact]
    public async Task A_file_in_a_new_folder_is_found()
    {
        Watch();
        work.Write("team/deep/it.cs", Workspace.Dag("it"));
        Assert.Equal("team/deep/it.cs", (await NextAsync()).Source);
    }

    [Fact]
    public async Task A_change_of_a_shared_file_brings_new_versions_of_all()
    {
        work.Write("shared/Names.cs", "static class Names { public const string Task = \"one\"; }");
        work.Write("a.cs", "static class A { public static Dag It => Dag.Build(\"a\", d => d.Empty(Names.Task)); }");
        work.Write("b.cs", "static class B { public static Dag It => Dag.Build(\"b\", d => d.Empty(Names.Task)); }");
        Watch();
        var before = new[] { await NextAsync(), await NextAsync() }.ToDictionary(r => r.Source, r => r.Dags[0].Version.Hash);
        work.Write("shared/Names.cs", "static class Names { public const string Task = \"two\"; }");
        var after = new[] { await NextAsync(), await NextAsync() }.ToDictionary(r => r.Source, r => r.Dags[0].Version.Hash);
        Assert.NotEqual(before["a.cs"], after["a.cs"]);
        Assert.NotEqual(before["b.cs"], after["b.cs"]);
    }

    [Fact]
    public async Task A_change_that_was_not_notified_is_found_by_the_rescan()
    {
        work.Options = work.Options with { Settle = TimeSpan.FromDays(1), Rescan = TimeSpan.FromMilliseconds(300) };
        work.Write("it.cs", Workspace.Dag("it"));
        Watch();
        await NextAsync();
        work.Write("it.cs", Workspace.Dag("it", message: "changed"));
        Assert.Equal("it.cs", (await NextAsync()).Source);
    }

    void Watch()
    {
        folder = work.Open();
        readings = folder.WatchAsync([], ending.Token).GetAsyncEnumerator(ending.Token);
    }

    async Task<SourceReading> NextAsync()
    {
        while (arrived.Count == 0)
        {
            Assert.True(await readings.MoveNextAsync());
            foreach (var reading in readings.Current) arrived.Enqueue(reading);
        }
        return arrived.Dequeue();
    }
}
