namespace Millrace.Assets;

/// <summary>A named piece of data that Dags produce and wait for.</summary>
/// <param name="Name">At most 250 characters, the same in every Dag that speaks of it.</param>
/// <param name="Uri">Where the data is; for people and lineage, never opened.</param>
public sealed record Asset(string Name, string? Uri = null)
{
    public string Name { get; } = CheckName(Name);

    public string? Uri { get; } = Uri is null || System.Uri.TryCreate(Uri, UriKind.Absolute, out _)
        ? Uri
        : throw new ArgumentException($"Asset '{Name}' has the URI '{Uri}', which is not absolute. Write it with its scheme, such as 'file:///data/orders.csv'.", nameof(Uri));

    /// <summary>The topic whose records update the asset, for Dags that wait for it. Those that come at about the same time are one update.</summary>
    public string? Topic
    {
        get;
        init => field = value is null || !string.IsNullOrWhiteSpace(value) ? value : throw new ArgumentException($"Asset '{Name}' has a topic without a name. Name it, or leave it null.", nameof(value));
    }

    public static AssetCondition operator &(Asset left, Asset right) => (AssetCondition)left & right;

    public static AssetCondition operator |(Asset left, Asset right) => (AssetCondition)left | right;

    static string CheckName(string name)
    {
        if (string.IsNullOrWhiteSpace(name))
            throw new ArgumentException("An asset has an empty name. Give it one, such as 'orders'.", nameof(name));
        if (name.Length > 250)
            throw new ArgumentException($"Asset name '{name[..40]}...' has {name.Length} characters. Use at most 250.", nameof(name));
        if (char.IsWhiteSpace(name[0]) || char.IsWhiteSpace(name[^1]) || name.Any(char.IsControl))
            throw new ArgumentException($"Asset name '{name}' starts or ends with a space or has a control character. Remove it.", nameof(name));
        return name;
    }
}
