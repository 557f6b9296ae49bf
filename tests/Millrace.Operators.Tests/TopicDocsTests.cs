using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Millrace.Testing.Servers;

namespace Millrace.Operators.Tests;

/// <summary>What docs/frames.md says of topics compiles: blocks of a DAG where they declare tasks, statements of a program where not.</summary>
public sealed partial class TopicDocsTests
{
    const string Usings = "using System; using System.Linq; using System.Threading.Tasks; using Millrace.Dags; using Millrace.Data; using Millrace.Kafka; using Millrace.Operators;";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_blocks_about_topics_make_one_program()
    {
        var page = (await File.ReadAllTextAsync(Repository.File("docs/frames.md"), Cancel)).ReplaceLineEndings("\n");
        var blocks = Block().Matches(page).Select(m => m.Groups[1].Value).Where(b => b.Contains("Topics.", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, blocks.Count);
        var (dag, statements, types) = (new StringBuilder(), new StringBuilder(), new StringBuilder());
        foreach (var block in blocks)
        {
            var into = block.Contains("d.Task", StringComparison.Ordinal) ? dag : statements;
            foreach (var member in CSharpSyntaxTree.ParseText(block, cancellationToken: Cancel).GetCompilationUnitRoot(Cancel).Members)
                (member is GlobalStatementSyntax ? into : types).Append(member.ToFullString());
        }
        Compiles($$"""
            {{Usings}}
            var kafka = new KafkaOptions { BootstrapServers = args[0] };
            Dag.Build("page", d =>
            {
            {{dag}}
            });
            {{statements}}
            {{types}}
            """);
    }

    static void Compiles(string program)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => !Path.GetFileName(path).EndsWith(".Tests.dll", StringComparison.Ordinal)).Select(path => MetadataReference.CreateFromFile(path));
        var options = new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable);
        var wrong = CSharpCompilation.Create("Page", [CSharpSyntaxTree.ParseText(program, cancellationToken: Cancel)], references, options).GetDiagnostics(Cancel).Where(d => d.Severity >= DiagnosticSeverity.Warning);
        Assert.True(!wrong.Any(), $"{string.Join('\n', wrong)}\n\n{program}");
    }

    [GeneratedRegex("^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
