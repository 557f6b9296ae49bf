using System.Reflection;
using System.Runtime.Loader;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Execution;

/// <summary>
/// The compiled code of one DAG source, in a folder named by its content:
/// <code>
/// bundles/HASH/bundle.json   what this is (written last: a folder without it is not a bundle)
///              NAME.dll      the Dags' assembly, NAME.pdb beside it
///              ...           a project's own packages
///              dags.json     what the Dags in it are, once they were described
/// </code>
/// </summary>
sealed record Bundle
{
    public const string ManifestFile = "bundle.json";

    /// <summary>The file name of the assembly that declares the Dags.</summary>
    public required string Assembly { get; init; }
    /// <summary>The file or project it was compiled from, relative to the DAG folder.</summary>
    public required string Source { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <exception cref="InvalidOperationException">The folder isn't a bundle.</exception>
    public static Bundle Read(string folder)
    {
        try
        {
            using var file = File.OpenRead(Path.Combine(folder, ManifestFile));
            return JsonSerializer.Deserialize(file, BundleJson.Default.Bundle)
                ?? throw new JsonException("It holds null.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new InvalidOperationException($"'{folder}' is not a bundle: {ManifestFile} can't be read ({e.Message}). Delete the folder; it is made again from the DAG's source.", e);
        }
    }

    /// <summary>Loads the assembly that declares the Dags; nothing of it runs yet.</summary>
    public static Assembly Load(string folder)
    {
        var assembly = Path.Combine(Path.GetFullPath(folder), Read(folder).Assembly);
        return new BundleLoadContext(assembly).LoadFromAssemblyPath(assembly);
    }
}

/// <summary>Keeps bundles apart: each has its own statics and its own packages, and shares only what tasks and Millrace exchange.</summary>
sealed class BundleLoadContext : AssemblyLoadContext
{
    readonly string folder;
    readonly AssemblyDependencyResolver? resolver;

    // Collectible: a worker that lives through many versions lets go of the old ones.
    public BundleLoadContext(string assembly) : base(Path.GetFileName(Path.GetDirectoryName(assembly)), isCollectible: true)
    {
        folder = Path.GetDirectoryName(assembly)!;
        // Only projects have the file that tells packages apart by platform; reading it costs milliseconds that single files save.
        if (File.Exists(Path.ChangeExtension(assembly, ".deps.json"))) resolver = new(assembly);
    }

    protected override Assembly? Load(AssemblyName name)
    {
        // A project's output carries its own copy of Millrace: a second Dag type would not be the one this process knows.
        if (IsShared(name.Name!)) return null;
        var path = resolver?.ResolveAssemblyToPath(name) ?? Path.Combine(folder, name.Name + ".dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }

    protected override nint LoadUnmanagedDll(string name) =>
        resolver?.ResolveUnmanagedDllToPath(name) is { } path ? LoadUnmanagedDllFromPath(path) : 0;

    static bool IsShared(string name) =>
        AuthorLibraries.Names.Contains(name) || name is "Microsoft.Extensions.Logging.Abstractions" or "Microsoft.Extensions.DependencyInjection.Abstractions";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(Bundle))]
sealed partial class BundleJson : JsonSerializerContext;
