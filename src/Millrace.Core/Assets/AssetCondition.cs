using System.Text.Json.Serialization;

namespace Millrace.Assets;

/// <summary>Which asset updates a Dag waits for: one asset, all of several or any of several, nested as needed.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(OneAsset), "asset")]
[JsonDerivedType(typeof(AllAssets), "all")]
[JsonDerivedType(typeof(AnyAsset), "any")]
public abstract record AssetCondition
{
    private protected AssetCondition()
    {
    }

    public static AssetCondition All(params IEnumerable<AssetCondition> conditions) =>
        new AllAssets([.. conditions.SelectMany(c => c is AllAssets all ? all.Conditions : [c])]);

    public static AssetCondition Any(params IEnumerable<AssetCondition> conditions) =>
        new AnyAsset([.. conditions.SelectMany(c => c is AnyAsset any ? any.Conditions : [c])]);

    public static AssetCondition operator &(AssetCondition left, AssetCondition right) => All(left, right);

    public static AssetCondition operator |(AssetCondition left, AssetCondition right) => Any(left, right);

    public static implicit operator AssetCondition(Asset asset)
    {
        ArgumentNullException.ThrowIfNull(asset);
        return new OneAsset(asset);
    }

    /// <summary>The assets it speaks of, each once.</summary>
    [JsonIgnore]
    public IEnumerable<Asset> Assets => Leaves().Distinct();

    /// <summary>Whether it holds, given which assets (by name) were updated.</summary>
    public abstract bool IsSatisfied(Func<string, bool> updated);

    private protected abstract IEnumerable<Asset> Leaves();

    internal static IEnumerable<Asset> LeavesOf(AssetCondition condition) => condition.Leaves();

    public sealed override string ToString() => Describe(nested: false);

    internal abstract string Describe(bool nested);

    private protected static AssetCondition[] NotEmpty(IReadOnlyList<AssetCondition> conditions) => conditions.Count > 0
        ? [.. conditions]
        : throw new ArgumentException("An asset condition names no asset. Give at least one.", nameof(conditions));

    private protected static string Join(IReadOnlyList<AssetCondition> conditions, string with, bool nested)
    {
        var joined = string.Join(with, conditions.Select(c => c.Describe(nested: true)));
        return nested && conditions.Count > 1 ? $"({joined})" : joined;
    }
}

sealed record OneAsset(Asset Asset) : AssetCondition
{
    public override bool IsSatisfied(Func<string, bool> updated) => updated(Asset.Name);

    private protected override IEnumerable<Asset> Leaves() => [Asset];

    internal override string Describe(bool nested) => Asset.Name;
}

sealed record AllAssets(IReadOnlyList<AssetCondition> Conditions) : AssetCondition
{
    public IReadOnlyList<AssetCondition> Conditions { get; } = NotEmpty(Conditions);

    public override bool IsSatisfied(Func<string, bool> updated) => Conditions.All(c => c.IsSatisfied(updated));

    private protected override IEnumerable<Asset> Leaves() => Conditions.SelectMany(LeavesOf);

    internal override string Describe(bool nested) => Join(Conditions, " & ", nested);

    public bool Equals(AllAssets? other) => other is not null && Conditions.SequenceEqual(other.Conditions);

    public override int GetHashCode() => HashCode.Combine(1, Conditions.Count, Conditions[0]);
}

sealed record AnyAsset(IReadOnlyList<AssetCondition> Conditions) : AssetCondition
{
    public IReadOnlyList<AssetCondition> Conditions { get; } = NotEmpty(Conditions);

    public override bool IsSatisfied(Func<string, bool> updated) => Conditions.Any(c => c.IsSatisfied(updated));

    private protected override IEnumerable<Asset> Leaves() => Conditions.SelectMany(LeavesOf);

    internal override string Describe(bool nested) => Join(Conditions, " | ", nested);

    public bool Equals(AnyAsset? other) => other is not null && Conditions.SequenceEqual(other.Conditions);

    public override int GetHashCode() => HashCode.Combine(2, Conditions.Count, Conditions[0]);
}
