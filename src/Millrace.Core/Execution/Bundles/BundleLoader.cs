using System.Runtime.Loader;
using Millrace.Dags;

namespace Millrace.Execution;

/// <summary>The Dags of the bundles that this process ran last, loaded once each.</summary>
sealed class BundleLoader(HomeFolder home)
{
    const int Kept = 64;

    // Most recently used first. One thread loads and runs, so there is no lock.
    readonly LinkedList<Loaded> bundles = [];

    /// <exception cref="DagException">The bundle can't be loaded or has no such Dag; the message says why.</exception>
    internal Dag Find(Assignment assignment)
    {
        if (assignment.Bundle.Length == 0)
            throw new DagException($"Dag '{assignment.Dag}' lives in its host's own code, which a worker process does not have. Run it with the in-process executor.");
        var bundle = Get(assignment.Bundle);
        return bundle.Dags.TryGetValue(assignment.Dag, out var dag) ? dag
            : throw new DagException($"Bundle {assignment.Bundle} has no Dag '{assignment.Dag}'. {string.Join(" ", bundle.Errors)}".TrimEnd());
    }

    /// <summary>Loads a bundle that will be wanted. One that can't be loaded says so to the attempt that wants it.</summary>
    internal void Prepare(string hash)
    {
        try
        {
            Get(hash);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
        }
    }

    Loaded Get(string hash)
    {
        if (bundles.First is { } first && first.Value.Hash == hash) return first.Value;
        for (var node = bundles.First; node is not null; node = node.Next)
        {
            if (node.Value.Hash != hash) continue;
            bundles.Remove(node);
            bundles.AddFirst(node);
            return node.Value;
        }
        var loaded = Load(hash);
        bundles.AddFirst(loaded);
        if (bundles.Count > Kept)
        {
            AssemblyLoadContext.GetLoadContext(bundles.Last!.Value.Assembly)?.Unload();
            bundles.RemoveLast();
        }
        return loaded;
    }

    Loaded Load(string hash)
    {
        var assembly = Bundle.Load(home.Bundle(hash));
        var found = DagDiscovery.Find(assembly);
        return new(hash, assembly, found.Dags.ToDictionary(d => d.Name), [.. found.Errors.Select(e => e.Message)]);
    }

    sealed record Loaded(string Hash, System.Reflection.Assembly Assembly, Dictionary<string, Dag> Dags, IReadOnlyList<string> Errors);
}
