using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Millrace.Authoring.Compiling;
using Millrace.Dags;
using Millrace.Testing.Servers;

namespace Millrace.Authoring.Tests;

/// <summary>The README and docs/authoring.md keep their promise: every block compiles as a DAG file does, and declares a Dag that can be built.</summary>
public sealed partial class AuthoringDocsTests
{
    static readonly string[] Pages = ["README.md", "docs/authoring.md"];

    public static TheoryData<string, int, string> Blocks
    {
        get
        {
            var blocks = new TheoryData<string, int, string>();
            foreach (var page in Pages)
                // What is a program over frames and no DAG file is compiled by the tests of Millrace.Data.
                foreach (var block in Fence().Matches(Read(page)).Where(b => !b.Value.Contains("using Millrace.Data;", StringComparison.Ordinal))) blocks.Add(page, Read(page).AsSpan(0, block.Index).Count('\n') + 1, block.Groups[1].Value);
            return blocks;
        }
    }

    static string Read(string page) => File.ReadAllText(Path.Combine(Workspace.Clone, page));

    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_block_of_a_page_compiles_and_builds(string page, int line, string code)
    {
        var file = code.Contains(" class ", StringComparison.Ordinal) ? code : $"static class Page {{ static Dag Block => Dag.Build(\"block\", d => {{\n{code}\n}}); }}";
        var assembly = code.Contains("[Fact]", StringComparison.Ordinal) ? CompileTest(file, page, line) : CompileDagFile(file, page, line);
        var found = DagDiscovery.Find(assembly);
        Assert.True(found.Errors.Count == 0, $"{page}({line}): {string.Join("; ", found.Errors)}");
        Assert.Single(found.Dags);
    }

    [Fact]
    public void The_pages_have_a_block_for_each_subject() => Assert.True(Blocks.Count >= 13, $"{Blocks.Count} blocks were found.");

    [Fact]
    public void Authoring_explains_every_trigger_rule()
    {
        foreach (var rule in Enum.GetNames<TriggerRule>())
            Assert.Contains($"| `{System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(rule)}`", Read("docs/authoring.md"), StringComparison.Ordinal);
    }

    static Assembly CompileDagFile(string code, string page, int line)
    {
        using var folder = new TempFolder();
        var problems = new SourceCompiler().Compile(new CompileRequest { Name = $"Page{line}", Files = [new("/docs/authoring.cs", Encoding.UTF8.GetBytes(code))], Output = folder.FullPath, Optimize = false });
        Assert.True(problems.Count == 0, $"{page}({line}): {string.Join("; ", problems)}");
        return Assembly.Load(File.ReadAllBytes(Path.Combine(folder.FullPath, $"Page{line}.dll")));
    }

    // A reader's test project has xunit and the SDK's implicit usings.
    static Assembly CompileTest(string code, string page, int line)
    {
        string[] usings = ["System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Threading", "System.Threading.Tasks"];
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path));
        var source = string.Concat(usings.Select(name => $"global using {name};\n")) + code;
        using var dll = new MemoryStream();
        var result = CSharpCompilation.Create($"Page{line}", [CSharpSyntaxTree.ParseText(source)], references, new(OutputKind.DynamicallyLinkedLibrary)).Emit(dll);
        Assert.True(result.Success, $"{page}({line}): {string.Join("; ", result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error))}");
        return Assembly.Load(dll.ToArray());
    }

    [GeneratedRegex("^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
