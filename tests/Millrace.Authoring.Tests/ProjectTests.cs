using Millrace.Authoring.Compiling;
using Millrace.Dags;
using Millrace.Execution;

namespace Millrace.Authoring.Tests;

public sealed class ProjectTests : IDisposable
{
    const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
          </PropertyGroup>
          <ItemGroup>
            <Reference Include="Millrace.Core" HintPath="$(MillraceFolder)/Millrace.Core.dll" />
          </ItemGroup>
        </Project>
        """;

    readonly Workspace work = new();

    public void Dispose() => work.Dispose();

    [Fact]
    public async Task A_project_is_built_into_one_bundle_with_all_it_brings()
    {
        work.Write("etl/etl.csproj", Project);
        work.Write("etl/Etl.cs", "using Millrace.Dags;\nnamespace Etl;\npublic static class Dags { public static Dag It => Dag.Build(\"etl\", d => d.Empty(Names.Load)); }");
        work.Write("etl/Names.cs", "namespace Etl;\nstatic class Names { public const string Load = \"load\"; }");
        work.Write("single.cs", Workspace.Dag("single"));
        var readings = await work.ReadAsync();
        Assert.Equal(["etl/etl.csproj", "single.cs"], readings.Select(r => r.Source));
        var dag = Assert.Single(readings[0].Dags);
        Assert.Empty(readings[0].Errors);
        Assert.Equal("load", DagJson.Read(dag.Version.SpecJson).Tasks[0].Id);

        var found = DagDiscovery.Find(Bundle.Load(Path.Combine(work.Options.Bundles, dag.Version.Bundle)));
        Assert.Equal("etl", Assert.Single(found.Dags).Name);
    }

    [Fact]
    public async Task A_project_that_does_not_build_names_file_and_line()
    {
        work.Write("etl/etl.csproj", Project);
        work.Write("etl/Broken.cs", "static class Broken\n{\n    static int Size = Oops;\n}");
        var error = await work.ReadErrorAsync();
        Assert.Equal(("etl/etl.csproj", "type", 3), (error.Source, error.Kind, error.Line));
        Assert.StartsWith("etl/Broken.cs(3,23): CS0103: The name 'Oops'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_lines_of_a_build_become_problems_once_each()
    {
        var problems = ProjectBuild.Problems("/dags/etl/etl.csproj", """
            Load.cs(3,14): error CS0103: The name 'x' does not exist [/dags/etl/etl.csproj]
            Load.cs(3,14): error CS0103: The name 'x' does not exist [/dags/etl/etl.csproj]
            /dags/etl/etl.csproj : error NU1101: Unable to find package Nothing. [/dags/etl/etl.csproj]
            Load.cs(5,1): warning CS0168: unused [/dags/etl/etl.csproj]
            """);
        Assert.Equal(
        [
            new("/dags/etl/Load.cs", 3, 14, "type", "CS0103: The name 'x' does not exist"),
            new("/dags/etl/etl.csproj", 0, 0, "project", "NU1101: Unable to find package Nothing."),
        ], problems);
    }
}
