using Millrace.Authoring.Bundles;

namespace Millrace.Authoring.Watching;

/// <summary>Which source each Dag name belongs to: the first that declared it, until it lets go.</summary>
sealed class SourceClaims
{
    readonly Dictionary<string, string> owners = [];

    /// <summary>Makes these names the source's, and frees its others, unless another source has one of them.</summary>
    /// <returns>The first name that is taken and whose it is; null when all are the source's now.</returns>
    public (string Dag, string Owner)? Claim(string source, Description description)
    {
        foreach (var dag in description.Dags)
            if (owners.TryGetValue(dag.Name, out var owner) && owner != source) return (dag.Name, owner);
        Release(source);
        foreach (var dag in description.Dags) owners[dag.Name] = source;
        return null;
    }

    public void Release(string source)
    {
        foreach (var dag in owners.Where(owner => owner.Value == source).Select(owner => owner.Key).ToList()) owners.Remove(dag);
    }
}
