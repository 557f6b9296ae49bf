using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Millrace.Authoring.Compiling;
using Millrace.Dags;
using Millrace.Testing.Servers;

namespace Millrace.Authoring.Tests;

/// <summary>docs/authoring.md keeps its promise: every block compiles as a DAG file does, and declares a Dag that can be built.</summary>
public sealed partial class AuthoringDocsTests
{
    static readonly string Page = File.ReadAllText(Path.Combine(Workspace.Clone, "docs", "authoring.md"));

    public static TheoryData<int, string> Blocks
    {
        get
        {
            var blocks = new TheoryData<int, string>();
            foreach (Match block in Fence().Matches(Page)) blocks.Add(Page.AsSpan(0, block.Index).Count('\n') + 1, block.Groups[1].Value);
            return blocks;
        }
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_block_of_the_page_compiles_and_builds(int line, string code)
    {
        var file = code.Contains(" class ", StringComparison.Ordinal) ? code : $"static class Page {{ static Dag Block => Dag.Build(\"block\", d => {{\n{code}\n}}); }}";
        var assembly = code.Contains("[Fact]", StringComparison.Ordinal) ? CompileTest(file, line) : CompileDagFile(file, line);
        var found = DagDiscovery.Find(assembly);
        Assert.True(found.Errors.Count == 0, $"authoring.md({line}): {string.Join("; ", found.Errors)}");
        Assert.Single(found.Dags);
    }

    [Fact]
    public void The_page_has_a_block_for_each_subject() => Assert.True(Blocks.Count >= 12, $"{Blocks.Count} blocks were found.");

    [Fact]
    public void The_page_explains_every_trigger_rule()
    {
        foreach (var rule in Enum.GetNames<TriggerRule>())
            Assert.Contains($"| `{System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(rule)}`", Page, StringComparison.Ordinal);
    }

    static Assembly CompileDagFile(string code, int line)
    {
        using var folder = new TempFolder();
        var problems = new SourceCompiler().Compile(new CompileRequest { Name = $"Page{line}", Files = [new("/docs/authoring.cs", Encoding.UTF8.GetBytes(code))], Output = folder.FullPath, Optimize = false });
        Assert.True(problems.Count == 0, $"authoring.md({line}): {string.Join("; ", problems)}");
        return Assembly.Load(File.ReadAllBytes(Path.Combine(folder.FullPath, $"Page{line}.dll")));
    }

    // A reader's test project has xunit and the SDK's implicit usings.
    static Assembly CompileTest(string code, int line)
    {
        string[] usings = ["System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Threading", "System.Threading.Tasks"];
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path));
        var source = string.Concat(usings.Select(name => $"global using {name};\n")) + code;
        using var dll = new MemoryStream();
        var result = CSharpCompilation.Create($"Page{line}", [CSharpSyntaxTree.ParseText(source)], references, new(OutputKind.DynamicallyLinkedLibrary)).Emit(dll);
        Assert.True(result.Success, $"authoring.md({line}): {string.Join("; ", result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error))}");
        return Assembly.Load(dll.ToArray());
    }

    [GeneratedRegex("^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
