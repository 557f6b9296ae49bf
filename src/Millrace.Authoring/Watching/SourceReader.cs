using System.Text;
using Millrace.Authoring.Bundles;
using Millrace.Authoring.Compiling;
using Millrace.Execution;

namespace Millrace.Authoring.Watching;

/// <summary>What a source turned out to be.</summary>
/// <param name="Bundle">Its content's hash; null when it could not even be read.</param>
/// <param name="Description">Null when there are problems.</param>
sealed record SourceOutcome(string? Bundle, Description? Description, IReadOnlyList<Problem> Problems);

/// <summary>Takes one source from its files to a described bundle, doing only what was not done before.</summary>
sealed class SourceReader(AuthoringOptions options, string toolchain, BundleStore bundles, Compiler compiler, Describer describer, TimeProvider time) : IDisposable
{
    readonly SemaphoreSlim projects = new(1);

    public async Task<SourceOutcome> ReadAsync(DagSource source, CancellationToken cancellation)
    {
        var files = new List<(string Name, byte[] Content)>(source.Files.Count);
        foreach (var file in source.Files)
        {
            var path = PathOf(file.Name);
            try
            {
                files.Add((file.Name, await File.ReadAllBytesAsync(path, cancellation).ConfigureAwait(false)));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return new(null, null, [new(path, 0, 0, ProblemKind.Unreadable, $"'{path}' can't be read: {e.Message} Make it readable to the user that runs Millrace, or remove it.")]);
            }
        }

        var hash = Fingerprint.Bundle(toolchain, source.Name, files);
        if (!bundles.Has(hash) && await CompileAsync(source, hash, files, cancellation).ConfigureAwait(false) is { Count: > 0 } problems)
            return new(hash, null, problems);
        if (bundles.ReadDescription(hash) is { } known) return new(hash, known, []);

        var answer = await describer.DescribeAsync(bundles.PathOf(hash), cancellation).ConfigureAwait(false);
        if (answer.Description is not null) bundles.WriteDescription(hash, answer.Description);
        return new(hash, answer.Description, [.. answer.Problems.Select(problem => Place(problem, source, files))]);
    }

    public void Dispose() => projects.Dispose();

    async Task<IReadOnlyList<Problem>> CompileAsync(DagSource source, string hash, List<(string Name, byte[] Content)> files, CancellationToken cancellation)
    {
        // Ready by the time the compiler is.
        describer.Warm();
        var output = bundles.CreateTemporary();
        try
        {
            var (assembly, problems) = source.IsProject
                ? await BuildProjectAsync(source, output, cancellation).ConfigureAwait(false)
                : await CompileFilesAsync(source, files, output, cancellation).ConfigureAwait(false);
            if (problems.Count == 0)
                bundles.Publish(output, hash, new() { Assembly = assembly, Source = source.Name, CreatedAt = time.GetUtcNow() });
            return problems;
        }
        finally
        {
            BundleStore.Discard(output);
        }
    }

    async Task<(string Assembly, IReadOnlyList<Problem> Problems)> CompileFilesAsync(DagSource source, List<(string Name, byte[] Content)> files, string output, CancellationToken cancellation)
    {
        // The prefix keeps a file named like one of Millrace's or .NET's assemblies from being taken for it.
        var name = "Dags." + Path.GetFileNameWithoutExtension(source.Name);
        var problems = await compiler.CompileAsync(new()
        {
            Name = name,
            Files = [.. files.Select(file => new SourceFile(PathOf(file.Name), file.Content))],
            Output = output,
            Optimize = options.Optimize,
        }, cancellation).ConfigureAwait(false);
        return (name + ".dll", problems);
    }

    async Task<(string Assembly, IReadOnlyList<Problem> Problems)> BuildProjectAsync(DagSource source, string output, CancellationToken cancellation)
    {
        // One at a time: MSBuild uses all cores by itself.
        await projects.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await ProjectBuild.RunAsync(PathOf(source.Name), output, options.Optimize, cancellation).ConfigureAwait(false);
        }
        finally
        {
            projects.Release();
        }
    }

    // What hangs or dies can't say where it is; in a file with one Dag there is only one place.
    Problem Place(Problem problem, DagSource source, List<(string Name, byte[] Content)> files)
    {
        if (problem.Path is not null || source.IsProject) return problem;
        var placed = problem with { Path = PathOf(source.Name) };
        if (problem.Kind == ProblemKind.Empty) return placed with { Line = 1 };
        var lines = Encoding.UTF8.GetString(files[0].Content).Split('\n');
        var builds = lines.Index().Where(line => line.Item.Contains("Dag.Build(", StringComparison.Ordinal)).ToList();
        return builds is [var only] ? placed with { Line = only.Index + 1 } : placed;
    }

    string PathOf(string name) => Path.Combine(options.Folder, name.Replace('/', Path.DirectorySeparatorChar));
}
