using System.Reflection;
using System.Text;
using Millrace.Authoring.Compiling;
using Millrace.Authoring.Templates;
using Millrace.Dags;
using Millrace.Runs;
using Millrace.Testing;
using Millrace.Testing.Servers;

namespace Millrace.Cli.Tests;

/// <summary>What <c>millrace new dag</c> writes is the first thing a user runs.</summary>
public sealed class DagTemplateTests
{
    [Theory]
    [InlineData("orders")]
    [InlineData("3rd-party.loads")]
    public async Task A_new_DAG_file_compiles_and_its_DAG_runs(string name)
    {
        using var folder = new TempFolder();
        var problems = new SourceCompiler().Compile(new CompileRequest { Name = "New", Files = [new("/dags/new.cs", Encoding.UTF8.GetBytes(DagTemplates.Source(name)))], Output = folder.FullPath, Optimize = false });
        Assert.Empty(problems);
        var dag = Assert.Single(DagDiscovery.Find(Assembly.Load(File.ReadAllBytes(folder["New.dll"]))).Dags);

        var run = await DagTest.For(dag).At("2026-11-21").RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal((name, RunState.Success), (dag.Name, run.State));
        Assert.Contains("The sum for 2026-11-21 is 6.", run["report"].Log, StringComparison.Ordinal);
    }
}
