using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Frames;

/// <summary>docs/cookbook.md keeps its promise: its C# blocks, one program in their order, print what stands under each.</summary>
public sealed partial class CookbookTests
{
    const string BlockEnd = "\u001e";

    [Fact]
    public async Task Every_recipe_prints_what_the_page_says()
    {
        var page = (await File.ReadAllTextAsync(Repository.File("docs/cookbook.md"), TestContext.Current.CancellationToken)).ReplaceLineEndings("\n");
        var recipes = Recipe().Matches(page).Select(m => (Title: m.Groups[1].Value, Code: m.Groups[2].Value, Result: m.Groups[3].Value.TrimEnd())).ToList();
        Assert.True(recipes.Count >= 20, $"{recipes.Count} recipes were found.");
        using var folder = new TempFolder();
        var orders = Path.Combine(folder.FullPath, "orders.csv");
        await File.WriteAllTextAsync(orders, File_().Match(page).Groups[1].Value, TestContext.Current.CancellationToken);

        using var console = new StringWriter { NewLine = "\n" };
        await Run(Setup().Match(page).Groups[1].Value, recipes.Select(r => r.Code), orders, console);
        var printed = console.ToString().ReplaceLineEndings("\n").Split($"{BlockEnd}\n");
        if (Repository.IsToBeWritten)
        {
            var next = 0;
            await File.WriteAllTextAsync(Repository.File("docs/cookbook.md"), Recipe().Replace(page, r => r.Value.Replace($"```text\n{r.Groups[3].Value}```", $"```text\n{printed[next++].TrimEnd()}\n```", StringComparison.Ordinal)), TestContext.Current.CancellationToken);
            return;
        }
        Assert.All(recipes.Zip(printed), r => Assert.Equal($"{r.First.Title}\n{r.First.Result}", $"{r.First.Title}\n{r.Second.TrimEnd()}"));
    }

    static async Task Run(string setup, IEnumerable<string> blocks, string orders, TextWriter console)
    {
        var (types, statements) = (new StringBuilder(), new StringBuilder());
        foreach (var block in blocks)
        {
            foreach (var member in CSharpSyntaxTree.ParseText(block).GetCompilationUnitRoot().Members)
                (member is GlobalStatementSyntax ? statements : types).AppendLine(member.ToFullString());
            statements.AppendLine($"console.WriteLine(\"{BlockEnd}\");");
        }
        var body = statements.ToString()
            .Replace("Console.WriteLine(", "console.WriteLine(", StringComparison.Ordinal)
            .Replace(".ShowAsync()", ".ShowAsync(to: console)", StringComparison.Ordinal)
            .Replace("\"orders.csv\"", $"@\"{orders}\"", StringComparison.Ordinal);
        var program = $$"""
            using System; using System.Collections.Generic; using System.IO; using System.Linq; using System.Threading.Tasks;
            {{setup}}
            public static class Page
            {
            {{types}}
            public static async Task Run(TextWriter console)
            {
            {{body}}
            }
            }
            """;
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path));
        using var dll = new MemoryStream();
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable);
        var result = CSharpCompilation.Create("Cookbook", [CSharpSyntaxTree.ParseText(program)], references, options).Emit(dll);
        Assert.True(result.Success, string.Join("\n", result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error)));
        var run = Assembly.Load(dll.ToArray()).GetType("Page")!.GetMethod("Run")!;
        await (Task)run.Invoke(null, [console])!;
    }

    [GeneratedRegex("^## ([^\n]*)\n\n```python\n.*?^```\n\n```csharp\n(.*?)^```\n\n```text\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Recipe();

    [GeneratedRegex("^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Setup();

    [GeneratedRegex("^```csv\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex File_();
}
