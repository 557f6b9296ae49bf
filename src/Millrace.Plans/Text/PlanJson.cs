using System.Text.Json;
using System.Text.Json.Nodes;

namespace Millrace.Plans;

/// <summary>
/// Plans as JSON text, for files, canvases and other processes. The same plan is always the same text; docs/formats.md
/// draws it.
/// </summary>
public static class PlanJson
{
    /// <summary>What the text says of itself in <c>"millrace"</c>. A later version reads what an earlier one wrote.</summary>
    public const int Version = 1;

    // Deep enough for any expression that people wrote; a text deeper than that is an attack.
    static readonly JsonDocumentOptions strict = new() { MaxDepth = 1_024, AllowDuplicateProperties = false };

    public static string Write(Relation plan) => new PlanWriter().Write(plan);

    /// <param name="parts">What opens sources and knows C# functions by their names. Without it sources are only described: such a plan can be looked at and not run.</param>
    /// <exception cref="PlanException">It isn't a plan. The message says where: <c>$.steps[2].condition</c>.</exception>
    public static Relation Read(string json, PlanParts? parts = null)
    {
        JsonNode? node;
        try
        {
            node = JsonNode.Parse(json, documentOptions: strict);
        }
        catch (JsonException e)
        {
            throw new PlanException($"The plan isn't JSON: {e.Message}", e);
        }
        return new PlanReader(parts ?? new()).Read(node);
    }
}

/// <summary>What a plan's text only names, and a reader needs to bring along.</summary>
public sealed record PlanParts
{
    /// <summary>Opens the source of that kind that its <see cref="ISource.Describe"/> describes; null where the kind is unknown.</summary>
    public Func<string, JsonObject, ISource?>? Source { get; init; }

    /// <summary>The C# function of that name; null where there is none.</summary>
    public Func<string, Callback?>? Callback { get; init; }
}

/// <summary>A source that a plan's text describes and that nobody has opened.</summary>
sealed class DescribedSource(string kind, Schema schema, JsonObject? description) : ISource, IEquatable<DescribedSource>
{
    public string Kind => kind;
    public Schema Schema => schema;
    public JsonObject? Describe() => description;

    public IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, CancellationToken cancel) => throw new PlanException(description is null
        ? $"The source '{kind}' lived in the process that wrote the plan, and can't be read here."
        : $"The source '{kind}' of this plan was described and not opened. Read the plan with what opens it (PlanParts.Source).");

    public bool Equals(DescribedSource? other) =>
        other is not null && other.Kind == kind && other.Schema.Equals(schema) && JsonNode.DeepEquals(other.Describe(), description);

    public override bool Equals(object? obj) => Equals(obj as DescribedSource);
    public override int GetHashCode() => HashCode.Combine(kind, schema);
    public override string ToString() => kind;
}
