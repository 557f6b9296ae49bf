using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Millrace.Testing.Servers;

namespace Millrace.Kafka.Tests.Client;

/// <summary>The programs of docs/kafka-client.md compile without a warning, and run.</summary>
public sealed partial class ClientPageTests
{
    const string ImplicitUsings = "global using System; global using System.Collections.Generic; global using System.Linq; global using System.Threading; global using System.Threading.Tasks;";

    [Fact]
    public async Task The_programs_of_the_page_run()
    {
        var page = (await File.ReadAllTextAsync(Repository.File("docs/kafka-client.md"), TestContext.Current.CancellationToken)).ReplaceLineEndings("\n");
        var programs = Block().Matches(page).Select(m => m.Groups[1].Value).ToArray();
        Assert.NotEmpty(programs);
        await using var bed = await ClientBed.StartAsync();
        await using (var producer = bed.Kafka.CreateProducer<string, string>()) await producer.SendAsync("in", "k", "v");
        foreach (var program in programs) Run("using Millrace.Kafka;\n" + program.Replace("localhost:9092", bed.Broker.BootstrapServers, StringComparison.Ordinal));
        Assert.Equal(["hello", "hi"], (await bed.ReadAsync("users", 2)).Select(r => r.Value).Order());
        Assert.Equal("vv", (await bed.ReadAsync("out", 1))[0].Value);
    }

    static void Run(string program)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path));
        var trees = new[] { program, ImplicitUsings }.Select(text => CSharpSyntaxTree.ParseText(text));
        var compilation = CSharpCompilation.Create("Page", trees, references, new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        using var image = new MemoryStream();
        var wrong = compilation.Emit(image).Diagnostics.Where(d => d.Severity >= DiagnosticSeverity.Warning);
        Assert.True(!wrong.Any(), $"{string.Join('\n', wrong)}\n\n{program}");
        image.Position = 0;
        var assembly = new AssemblyLoadContext("Page", isCollectible: true).LoadFromStream(image);
        assembly.EntryPoint!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, assembly.EntryPoint.GetParameters().Length == 0 ? [] : [Array.Empty<string>()], null);
    }

    [GeneratedRegex("^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
