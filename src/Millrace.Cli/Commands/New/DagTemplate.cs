namespace Millrace.Cli.Commands;

/// <summary>What a new DAG file says, and the project file beside it.</summary>
static class DagTemplate
{
    const string Project = "dags.csproj";

    internal static async Task<IReadOnlyList<string>> WriteAsync(string folder, string dag, CancellationToken cancellation)
    {
        var file = Path.Combine(folder, dag + ".cs");
        if (File.Exists(file))
            throw new UserErrorException($"{file} exists already. Give the new Dag another name, or remove the file first.");
        Directory.CreateDirectory(folder);
        var created = new List<string> { file };
        await File.WriteAllTextAsync(file, Source(dag), cancellation);
        if (!Directory.EnumerateFiles(folder, "*.csproj").Any())
        {
            var project = Path.Combine(folder, Project);
            await File.WriteAllTextAsync(project, ProjectFile(), cancellation);
            created.Add(project);
        }
        return created;
    }

    internal static string Source(string dag) => $$"""
        using Millrace.Dags;

        public static class {{ClassName(dag)}}
        {
            public static Dag Dag { get; } = Dag.Build("{{dag}}", d =>
            {
                d.Description = "What it is for.";
                d.Schedule = "@daily";

                var extract = d.Task("extract", () => new[] { 3, 1, 2 });
                var sum = d.Task("sum", extract, numbers => numbers.Sum());
                var hello = d.Shell("hello", "echo \"Hello from the shell\"");
                d.Task("report", sum, (context, total) => Console.WriteLine($"The sum for {context.LogicalTime:yyyy-MM-dd} is {total}."));

                _ = hello >> extract;
            });
        }

        """;

    // For editors and debuggers only: Millrace compiles the files itself.
    internal static string ProjectFile() => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <!-- For your editor: completion, navigation and debugging. Millrace compiles the .cs files itself. -->
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <Nullable>enable</Nullable>
          </PropertyGroup>
          <ItemGroup>
            <Using Include="Microsoft.Extensions.Logging" />
            <Using Include="Millrace.Assets" />
            <Using Include="Millrace.Dags" />
            <Using Include="Millrace.Scheduling" />
            <Reference Include="{Path.Combine(AppContext.BaseDirectory, "Millrace.Core.dll")}" />
            <Reference Include="{Path.Combine(AppContext.BaseDirectory, "Microsoft.Extensions.Logging.Abstractions.dll")}" />
          </ItemGroup>
        </Project>

        """;

    static string ClassName(string dag)
    {
        var words = dag.Split('_', '-', '.').Where(word => word.Length > 0);
        var name = string.Concat(words.Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
        return char.IsAsciiDigit(name[0]) ? "Dag" + name : name + "Dag";
    }
}
