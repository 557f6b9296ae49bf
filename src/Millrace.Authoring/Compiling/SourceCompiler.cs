using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;
using Millrace.Dags;
using Millrace.Execution;

namespace Millrace.Authoring.Compiling;

/// <summary>Compiles DAG files with Roslyn. Lives in the compiler's own process only: Roslyn is 100 MB that the scheduler does without.</summary>
sealed class SourceCompiler
{
    const int MostProblems = 20;

    static readonly string[] Usings =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks",
        "Microsoft.Extensions.Logging", "Millrace.Dags", "Millrace.Scheduling", "Millrace.Assets", "Millrace.Execution",
    ];

    static readonly CSharpParseOptions Parsing = new(LanguageVersion.Latest);

    readonly CSharpCompilation release, debug;

    public SourceCompiler()
    {
        var references = References();
        var usings = ImplicitUsings();
        release = Base(OptimizationLevel.Release);
        debug = Base(OptimizationLevel.Debug);

        CSharpCompilation Base(OptimizationLevel level) => CSharpCompilation.Create("Dags", [usings], references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: level, deterministic: true,
                nullableContextOptions: NullableContextOptions.Enable, allowUnsafe: true, generalDiagnosticOption: ReportDiagnostic.Suppress));
    }

    public IReadOnlyList<Problem> Compile(CompileRequest request)
    {
        var trees = request.Files.Select(file => CSharpSyntaxTree.ParseText(
            SourceText.From(file.Content, file.Content.Length, Encoding.UTF8, SourceHashAlgorithm.Sha256), Parsing, file.Path)).ToArray();
        var syntax = trees.SelectMany(tree => tree.GetDiagnostics()).Where(IsError).ToList();
        if (syntax.Count > 0) return Problems(syntax, ProblemKind.Syntax);

        var compilation = (request.Optimize ? release : debug).WithAssemblyName(request.Name).AddSyntaxTrees(trees);
        using var dll = File.Create(Path.Combine(request.Output, request.Name + ".dll"));
        using var pdb = File.Create(Path.Combine(request.Output, request.Name + ".pdb"));
        var result = compilation.Emit(dll, pdb, options: new EmitOptions(
            debugInformationFormat: DebugInformationFormat.PortablePdb, pdbFilePath: request.Name + ".pdb"));
        return result.Success ? [] : Problems(result.Diagnostics.Where(IsError), ProblemKind.Type);
    }

    static bool IsError(Diagnostic diagnostic) => diagnostic.Severity == DiagnosticSeverity.Error;

    static List<Problem> Problems(IEnumerable<Diagnostic> diagnostics, string kind) =>
        [.. diagnostics.OrderBy(d => d.Location.SourceTree?.FilePath, StringComparer.Ordinal).ThenBy(d => d.Location.SourceSpan.Start)
            .Take(MostProblems).Select(d => Problem(d, kind))];

    static Problem Problem(Diagnostic diagnostic, string kind)
    {
        var at = diagnostic.Location.GetLineSpan();
        var (line, column) = diagnostic.Location.IsInSource ? (at.StartLinePosition.Line + 1, at.StartLinePosition.Character + 1) : (0, 0);
        var path = diagnostic.Location.IsInSource ? at.Path : null;
        var message = diagnostic.GetMessage(CultureInfo.InvariantCulture);
        return diagnostic.Id switch
        {
            "CS9298" => new(path, line, column, ProblemKind.Package,
                "A single DAG file can't have '#:' directives. To bring packages, make it a project: move the file into a folder of its own with a .csproj that references them."),
            "CS8805" => new(path, line, column, kind,
                "Statements outside a class are not run in a DAG file. Put them into a class, e.g. static class MyDags { public static Dag Orders => Dag.Build(\"orders\", d => ...); }"),
            _ => new(path, line, column, kind, $"{diagnostic.Id}: {message}"),
        };
    }

    // What this process runs on is what the workers run on: the runtime's own assemblies and ours, not the terminal's or Roslyn's.
    static ImmutableArray<MetadataReference> References()
    {
        var runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var trusted = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        return
        [
            .. trusted.Where(path => path.StartsWith(runtime, StringComparison.Ordinal))
                .Concat(AuthorLibraries.Paths)
                .Append(typeof(Microsoft.Extensions.Logging.ILogger).Assembly.Location)
                .Select(path => MetadataReference.CreateFromFile(path)),
        ];
    }

    static SyntaxTree ImplicitUsings()
    {
        var ours = typeof(DagSpec).Assembly.GetExportedTypes().Select(type => type.Namespace).ToHashSet();
        var present = Usings.Where(name => !name.StartsWith("Millrace.", StringComparison.Ordinal) || ours.Contains(name));
        // Frames and ready-made tasks live in the namespaces that their files are named by.
        var others = AuthorLibraries.Paths.Select(path => Path.GetFileNameWithoutExtension(path)).Where(name => name is "Millrace.Data" or "Millrace.Operators");
        return CSharpSyntaxTree.ParseText(string.Concat(present.Concat(others).Select(name => $"global using global::{name};\n")), Parsing, "Usings.cs", Encoding.UTF8);
    }
}
