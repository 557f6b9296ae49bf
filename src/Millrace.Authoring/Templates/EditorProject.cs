using System.Security;
using Millrace.Dags;
using Millrace.Execution;

namespace Millrace.Authoring.Templates;

/// <summary>
/// The DAG folder's own project, for editors: with it they complete, navigate and debug. Millrace compiles the files itself
/// and passes the project over. Where Millrace is on this machine stands in .millrace/editor.props, which is written anew
/// when Millrace was moved or updated and isn't for version control.
/// </summary>
static class EditorProject
{
    public const string FileName = "dags.csproj";
    const string PropsFolder = ".millrace", PropsFile = "editor.props";

    const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <!-- For your editor: completion, navigation and debugging. Millrace compiles the .cs files itself, each on its own.
               Where Millrace is on this machine stands in .millrace/editor.props; 'millrace new' and 'millrace up' write it. -->
          <Import Project=".millrace/editor.props" Condition="Exists('.millrace/editor.props')" />
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <LangVersion>latest</LangVersion>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
            <AllowUnsafeBlocks>true</AllowUnsafeBlocks>
            <EnableDefaultCompileItems>true</EnableDefaultCompileItems>
          </PropertyGroup>
          <ItemGroup>
            <Reference Include="Millrace.Core" HintPath="$(MillraceFolder)/Millrace.Core.dll" />
            <Reference Include="Millrace.Plans" HintPath="$(MillraceFolder)/Millrace.Plans.dll" Condition="Exists('$(MillraceFolder)/Millrace.Plans.dll')" />
            <Reference Include="Millrace.Data" HintPath="$(MillraceFolder)/Millrace.Data.dll" Condition="Exists('$(MillraceFolder)/Millrace.Data.dll')" />
            <Reference Include="Millrace.Kafka" HintPath="$(MillraceFolder)/Millrace.Kafka.dll" Condition="Exists('$(MillraceFolder)/Millrace.Kafka.dll')" />
            <Reference Include="Millrace.Operators" HintPath="$(MillraceFolder)/Millrace.Operators.dll" Condition="Exists('$(MillraceFolder)/Millrace.Operators.dll')" />
            <Reference Include="Microsoft.Extensions.Logging.Abstractions" HintPath="$(MillraceFolder)/Microsoft.Extensions.Logging.Abstractions.dll" />
            <Using Include="Microsoft.Extensions.Logging" />
            <Using Include="Millrace.Dags" />
            <Using Include="Millrace.Scheduling" />
            <Using Include="Millrace.Assets" />
            <Using Include="Millrace.Data" Condition="Exists('$(MillraceFolder)/Millrace.Data.dll')" />
            <Using Include="Millrace.Operators" Condition="Exists('$(MillraceFolder)/Millrace.Operators.dll')" />
          </ItemGroup>
        </Project>

        """;

    /// <returns>The files that were not there.</returns>
    public static IReadOnlyList<string> Create(string folder)
    {
        var created = new List<string>();
        // The author's own project, whatever its name, is left alone.
        if (!Directory.EnumerateFiles(folder, "*.csproj").Any()) Add(FileName, Project);
        if (!File.Exists(Path.Combine(folder, ".gitignore"))) Add(".gitignore", "bin/\nobj/\n.millrace/\n");
        Refresh(folder);
        return created;

        void Add(string name, string text)
        {
            var path = Path.Combine(folder, name);
            File.WriteAllText(path, text);
            created.Add(path);
        }
    }

    /// <summary>Tells the editor's project, if the folder has one, where this Millrace is.</summary>
    public static void Refresh(string folder)
    {
        if (!File.Exists(Path.Combine(folder, FileName))) return;
        try
        {
            var path = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, PropsFolder)).FullName, PropsFile);
            var props = Props(folder);
            if (!File.Exists(path) || File.ReadAllText(path) != props) File.WriteAllText(path, props);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A folder that may only be read runs its Dags all the same.
        }
    }

    static string Props(string dags)
    {
        var folder = Path.GetDirectoryName(typeof(DagSpec).Assembly.Location)!;
        var command = ToolCommand.Find();
        var arguments = string.Join(' ', command.Arguments.Select(argument => $"\"{argument}\"").Append("dags test"));
        // A DAG folder in its usual place: an editor knows nothing of the home folder that the shell was told.
        if (Path.GetFileName(dags) == "dags") arguments += $" --home \"{Path.GetDirectoryName(dags)}\"";
        return $"""
            <Project>
              <PropertyGroup>
                <MillraceFolder>{SecurityElement.Escape(folder)}</MillraceFolder>
                <!-- 'dotnet run NAME', and an editor's debugger, run the Dag in one process. -->
                <RunCommand>{SecurityElement.Escape(command.FileName)}</RunCommand>
                <RunArguments>{SecurityElement.Escape(arguments)}</RunArguments>
                <RunWorkingDirectory>$(MSBuildProjectDirectory)</RunWorkingDirectory>
              </PropertyGroup>
            </Project>

            """;
    }
}
