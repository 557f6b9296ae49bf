using System.Reflection;
using Millrace.Dags;
using Millrace.Execution;
using Millrace.Metadata;

namespace Millrace.Authoring.Tests;

public sealed class DagFolderTests : IDisposable
{
    readonly Workspace work = new();

    public void Dispose() => work.Dispose();

    [Fact]
    public async Task Files_in_subfolders_are_sources_and_a_file_may_declare_several_Dags()
    {
        work.Write("one.cs", Workspace.Dag("one"));
        work.Write("team/more.cs", """
            static class More
            {
                public static Dag Two { get; } = Dag.Build("two", d => d.Empty("a"));
                static IEnumerable<Dag> Fleet => Enumerable.Range(1, 3).Select(n => Dag.Build($"fleet_{n}", d => d.Empty("a")));
            }
            """);
        var readings = await work.ReadAsync();
        Assert.Equal(["one.cs", "team/more.cs"], readings.Select(r => r.Source));
        Assert.Equal(["fleet_1", "fleet_2", "fleet_3", "two"], readings[1].Dags.Select(d => d.Version.Dag).Order());
    }

    [Fact]
    public async Task A_folder_with_an_ignore_file_is_passed_over()
    {
        work.Write("one.cs", Workspace.Dag("one"));
        work.Write("app/app.csproj", "<Project />");
        work.Write("app/.millraceignore", "");
        work.Write("drafts/two.cs", "not C#");
        work.Write("drafts/.millraceignore", "");
        Assert.Equal("one.cs", (await work.ReadOneAsync()).Source);
    }

    [Fact]
    public async Task The_samples_are_a_DAG_folder()
    {
        work.Options = work.Options with { Folder = Path.Combine(Workspace.Clone, "samples") };
        var readings = await work.ReadAsync();
        Assert.All(readings, reading => Assert.Empty(reading.Errors));
        Assert.Equal(
            ["ETL_toll_data", "cost_accounting", "cut_awk_copy", "etl_ipeline", "event_topics", "integrity_check", "my_first_dag", "sales_report", "shell_etl", "simple_example", "temperature_etl", "temperature_frame", "weather_alerts", "weather_and_posts", "weather_topics"],
            readings.SelectMany(reading => reading.Dags).Select(dag => dag.Version.Dag).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_registration_carries_what_lists_show_and_the_spec()
    {
        work.Write("orders.cs", """
            static class Orders
            {
                public static Dag It => Dag.Build("orders", d =>
                {
                    d.Schedule = "@daily";
                    d.Owner = "sales";
                    d.Description = "Loads orders";
                    d.Tags = ["etl"];
                    var a = d.Empty("a");
                    var b = d.Empty("b");
                    _ = a >> b;
                });
            }
            """);
        var dag = Assert.Single((await work.ReadOneAsync()).Dags);
        Assert.Equal(("orders.cs", "sales", "Loads orders", false), (dag.Source, dag.Owner, dag.Description, dag.PausedAtFirst));
        Assert.Equal(["etl"], dag.Tags);
        Assert.Equal(["a", "b"], DagJson.Read(dag.Version.SpecJson).Tasks.Select(t => t.Id));
        Assert.NotEmpty(dag.Schedule);
    }

    [Fact]
    public async Task Loading_runs_no_task()
    {
        var witness = work.Outside("ran");
        work.Write("it.cs", $$"""
            static class MyDags
            {
                public static Dag It => Dag.Build("it", d =>
                {
                    d.Task("touch", () => File.WriteAllText(@"{{witness}}", "ran"));
                    d.Shell("touch_too", "touch '{{witness}}'");
                });
            }
            """);
        Assert.Equal(2, DagJson.Read(Assert.Single((await work.ReadOneAsync()).Dags).Version.SpecJson).Tasks.Count);
        Assert.False(File.Exists(witness));
    }

    [Fact]
    public async Task What_a_build_prints_does_not_disturb_the_reading()
    {
        work.Write("it.cs", """
            static class MyDags
            {
                public static Dag It => Dag.Build("it", d =>
                {
                    Console.WriteLine("{}");
                    using var raw = Console.OpenStandardOutput();
                    raw.Write("half a line"u8);
                    raw.Flush();
                    d.Empty("a" + Console.ReadLine());
                });
            }
            """);
        Assert.Single((await work.ReadOneAsync()).Dags);
    }

    [Fact]
    public async Task Shared_files_are_compiled_into_every_source_and_are_none_themselves()
    {
        work.Write("shared/Names.cs", "static class Names { public const string Load = \"load\"; }");
        work.Write("_more.cs", "static class More { public const string Save = \"save\"; }");
        work.Write("a.cs", "static class A { public static Dag It => Dag.Build(\"a\", d => d.Empty(Names.Load)); }");
        work.Write("b.cs", "static class B { public static Dag It => Dag.Build(\"b\", d => d.Empty(More.Save)); }");
        var readings = await work.ReadAsync();
        Assert.Equal(["a.cs", "b.cs"], readings.Select(r => r.Source));
        Assert.All(readings, reading => Assert.Single(reading.Dags));
    }

    [Fact]
    public async Task A_bundle_holds_symbols_that_lead_to_the_source_line()
    {
        var path = work.Write("it.cs", """
            static class MyDags
            {
                public static Dag It => Dag.Build("it", d => d.Task("fail", Fail));

                public static void Fail() =>
                    throw new InvalidOperationException("here");
            }
            """);
        var bundle = await BundleOfAsync();
        var fail = Bundle.Load(bundle).GetType("MyDags")!.GetMethod("Fail")!;
        var thrown = Assert.Throws<TargetInvocationException>(() => fail.Invoke(null, null)).InnerException!;
        Assert.Contains($"in {path}:line 6", thrown.StackTrace!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_content_is_the_same_bundle_and_version_wherever_the_folder_is()
    {
        using var other = new Workspace();
        work.Write("it.cs", Workspace.Dag("it"));
        other.Write("it.cs", Workspace.Dag("it"));
        var (here, there) = (await work.ReadOneAsync(), await other.ReadOneAsync());
        Assert.Equal(Version(here), Version(there));

        other.Write("it.cs", Workspace.Dag("it", message: "changed"));
        Assert.NotEqual(Version(here), Version(await other.ReadOneAsync()));

        static (string, string) Version(SourceReading reading) => (reading.Dags[0].Version.Hash, reading.Dags[0].Version.Bundle);
    }

    [Fact]
    public async Task An_unchanged_folder_is_read_again_without_any_process()
    {
        for (var i = 0; i < 5; i++) work.Write($"dag{i}.cs", Workspace.Dag($"dag{i}"));
        var first = await work.ReadAsync();
        work.Options = work.Options with { Tool = new("/no/such/program", []) };
        var second = await work.ReadAsync();
        Assert.Equal(first.Select(r => r.Dags[0].Version.Hash), second.Select(r => r.Dags[0].Version.Hash));
    }

    [Fact]
    public async Task Reading_for_a_debugger_leaves_the_optimised_bundles_in_force()
    {
        work.Write("it.cs", Workspace.Dag("it"));
        var optimised = await work.ReadOneAsync();
        work.Options = work.Options with { Optimize = false };
        var debuggable = await work.ReadOneAsync();
        Assert.NotEqual(optimised.Dags[0].Version.Bundle, debuggable.Dags[0].Version.Bundle);

        work.Options = work.Options with { Optimize = true, Tool = new("/no/such/program", []) };
        Assert.Equal(optimised.Dags[0].Version.Hash, (await work.ReadOneAsync()).Dags[0].Version.Hash);
    }

    [Fact]
    public async Task Files_with_a_new_time_but_the_old_content_need_no_process_either()
    {
        var path = work.Write("it.cs", Workspace.Dag("it"));
        var first = await work.ReadOneAsync();
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(-5));
        work.Options = work.Options with { Tool = new("/no/such/program", []) };
        Assert.Equal(first.Dags[0].Version.Hash, (await work.ReadOneAsync()).Dags[0].Version.Hash);
    }

    [Fact]
    public async Task A_source_that_is_gone_is_reported_as_removed()
    {
        work.Write("stays.cs", Workspace.Dag("stays"));
        var path = work.Write("goes.cs", Workspace.Dag("goes"));
        await work.ReadAsync();
        File.Delete(path);
        var readings = await work.ReadAsync("recorded_long_ago.cs");
        Assert.Equal(["goes.cs", "recorded_long_ago.cs"], readings.Where(r => r.Removed).Select(r => r.Source));
        Assert.Equal("stays.cs", Assert.Single(readings, r => !r.Removed).Source);
    }

    [Fact]
    public async Task Two_readers_at_once_make_the_same_bundles()
    {
        for (var i = 0; i < 4; i++) work.Write($"dag{i}.cs", Workspace.Dag($"dag{i}"));
        var both = await Task.WhenAll(work.ReadAsync(), work.ReadAsync());
        Assert.All(both, readings => Assert.All(readings, reading => Assert.Single(reading.Dags)));
        Assert.Equal(4, Directory.GetDirectories(work.Options.Bundles).Length);
    }

    [Fact]
    public async Task The_editors_project_of_the_folder_is_no_source()
    {
        work.Write("dags.csproj", "<Project Sdk=\"Microsoft.NET.Sdk\" />");
        work.Write("bin/Debug/copy.cs", "not C#");
        work.Write(".git/hook.cs", "not C#");
        work.Write("it.cs", Workspace.Dag("it"));
        Assert.Equal("it.cs", (await work.ReadOneAsync()).Source);
    }

    [Fact]
    public async Task A_missing_folder_is_named()
    {
        Directory.Delete(work.Dags);
        var thrown = await Assert.ThrowsAsync<DirectoryNotFoundException>(() => work.ReadAsync());
        Assert.Contains(work.Dags, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bundles_that_nothing_uses_are_swept()
    {
        var path = work.Write("it.cs", Workspace.Dag("it"));
        await work.ReadOneAsync();
        File.WriteAllText(path, Workspace.Dag("it", message: "changed"));
        var used = (await work.ReadOneAsync()).Dags[0].Version.Bundle;
        var bundles = new Bundles.BundleStore(work.Options.Bundles);
        Assert.Equal(1, bundles.Sweep(new HashSet<string> { used }, DateTimeOffset.UtcNow.AddMinutes(1)));
        Assert.True(bundles.Has(used));
    }

    async Task<string> BundleOfAsync() => Path.Combine(work.Options.Bundles, (await work.ReadOneAsync()).Dags[0].Version.Bundle);
}
