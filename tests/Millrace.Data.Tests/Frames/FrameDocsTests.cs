using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Frames;

/// <summary>The C# of the documents about frames compiles, as a console project compiles it: without a warning.</summary>
public sealed partial class FrameDocsTests
{
    const string ImplicitUsings = "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;";

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_frame_of_the_README_is_a_program()
    {
        var page = await ReadAsync("README.md");
        var chapter = page[page.IndexOf("## Your first frame", StringComparison.Ordinal)..];
        Compiles(Block().Match(chapter).Groups[1].Value);
    }

    [Fact]
    public async Task The_blocks_of_the_page_about_frames_make_one_program()
    {
        var page = await ReadAsync("docs/frames.md");
        // What follows is of a DAG file: its words are those of a room that this one doesn't know.
        var frames = page[..page.IndexOf("## In a DAG", StringComparison.Ordinal)];
        CompilesAsOne(frames);
    }

    [Fact]
    public async Task The_blocks_of_the_page_about_loads_make_one_program() => CompilesAsOne(await ReadAsync("docs/loading.md"));

    [Fact]
    public async Task The_blocks_of_the_page_about_files_make_one_program() => CompilesAsOne(await ReadAsync("docs/files.md"));

    static void CompilesAsOne(string page)
    {
        var blocks = Block().Matches(page).Select(m => CSharpSyntaxTree.ParseText(m.Groups[1].Value, cancellationToken: Cancellation).GetCompilationUnitRoot(Cancellation)).ToList();
        Assert.NotEmpty(blocks);
        var (usings, statements, types) = (new StringBuilder(), new StringBuilder(), new StringBuilder());
        foreach (var block in blocks)
        {
            usings.Append(block.Usings.ToFullString());
            foreach (var member in block.Members) (member is GlobalStatementSyntax ? statements : types).Append(member.ToFullString());
        }
        Compiles($"{usings}\n{statements}\n{types}");
    }

    static void Compiles(string program)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => !Path.GetFileName(path).EndsWith(".Tests.dll", StringComparison.Ordinal)).Select(path => MetadataReference.CreateFromFile(path));
        var trees = new[] { program, ImplicitUsings }.Select(text => CSharpSyntaxTree.ParseText(text, cancellationToken: Cancellation));
        var options = new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable);
        var wrong = CSharpCompilation.Create("Page", trees, references, options).GetDiagnostics(Cancellation).Where(d => d.Severity >= DiagnosticSeverity.Warning);
        Assert.True(!wrong.Any(), $"{string.Join('\n', wrong)}\n\n{program}");
    }

    static async Task<string> ReadAsync(string page) => (await File.ReadAllTextAsync(Repository.File(page), Cancellation)).ReplaceLineEndings("\n");

    [GeneratedRegex("^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
