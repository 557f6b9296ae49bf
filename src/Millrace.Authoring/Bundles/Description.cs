namespace Millrace.Authoring.Bundles;

/// <summary>What the Dags in a bundle are: kept beside it as dags.json, so that an unchanged bundle is never loaded to be asked again.</summary>
sealed record Description(IReadOnlyList<DescribedDag> Dags);

sealed record DescribedDag
{
    public required string Name { get; init; }
    /// <summary>Of the spec and the bundle: the Dag's version.</summary>
    public required string Version { get; init; }
    /// <summary>The spec's JSON as text: it goes to the store as it is, without being read again.</summary>
    public required string Spec { get; init; }
    public string? Owner { get; init; }
    public string? Description { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];
    public required string Schedule { get; init; }
    public IReadOnlyList<string> Produces { get; init; } = [];
    public IReadOnlyList<string> Consumes { get; init; } = [];
    public IReadOnlyList<string> Topics { get; init; } = [];
}

/// <param name="Folder">The bundle's.</param>
sealed record DescribeRequest(string Folder);

/// <param name="Description">Null when there are problems.</param>
sealed record DescribeAnswer(Description? Description, IReadOnlyList<Problem> Problems);
