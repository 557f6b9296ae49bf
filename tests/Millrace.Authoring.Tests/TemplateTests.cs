using Millrace.Authoring.Templates;
using Millrace.Dags;
using Millrace.Testing.Servers;

namespace Millrace.Authoring.Tests;

public sealed class TemplateTests : IDisposable
{
    readonly Workspace work = new();

    public void Dispose() => work.Dispose();

    [Theory]
    [InlineData("orders")]
    [InlineData("daily-sales.v2")]
    [InlineData("2nd_try")]
    public async Task A_new_Dag_is_read_as_it_stands(string name)
    {
        var created = await DagTemplates.WriteAsync(work.Dags, name, TestContext.Current.CancellationToken);
        Assert.Equal([name + ".cs", "dags.csproj", ".gitignore"], created.Select(Path.GetFileName));
        var reading = await work.ReadOneAsync();
        Assert.Empty(reading.Errors);
        Assert.Equal(name, Assert.Single(reading.Dags).Version.Dag);
        Assert.Equal(["hello", "extract", "sum", "report"], DagJson.Read(reading.Dags[0].Version.SpecJson).Tasks.Select(t => t.Id));
    }

    [Fact]
    public async Task The_editors_project_builds_without_a_network()
    {
        await DagTemplates.WriteAsync(work.Dags, "orders", TestContext.Current.CancellationToken);
        await DagTemplates.WriteAsync(work.Dags, "returns", TestContext.Current.CancellationToken);
        var start = new System.Diagnostics.ProcessStartInfo("dotnet", ["build", work["dags.csproj"], "--disable-build-servers", "-nodeReuse:false", "--nologo", "-v", "q", "--source", work.Outside("no_packages")])
        {
            RedirectStandardOutput = true,
        };
        Directory.CreateDirectory(work.Outside("no_packages"));
        using var build = System.Diagnostics.Process.Start(start)!;
        var printed = await build.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await build.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(build.ExitCode == 0, printed);
        Assert.True(File.Exists(work["bin/Debug/net10.0/dags.pdb"]));
    }

    [Fact]
    public async Task An_existing_file_is_left_as_it_is()
    {
        var path = work.Write("orders.cs", "// mine");
        await Assert.ThrowsAsync<IOException>(() => DagTemplates.WriteAsync(work.Dags, "orders", TestContext.Current.CancellationToken));
        Assert.Equal("// mine", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_editors_project_is_told_where_Millrace_is_each_time_the_folder_is_read()
    {
        await DagTemplates.WriteAsync(work.Dags, "orders", TestContext.Current.CancellationToken);
        Directory.Delete(work[".millrace"], recursive: true);
        await work.ReadOneAsync();
        Assert.Contains(AppContext.BaseDirectory.TrimEnd('/'), await File.ReadAllTextAsync(work[".millrace/editor.props"], TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
