namespace Millrace.Data;

/// <summary>How XML is read. Attributes and child elements of a row's element are its columns; one that is repeated is a list, one with children a struct.</summary>
public sealed record XmlOptions
{
    public static XmlOptions Default { get; } = new();

    /// <summary>The columns and their types; null infers them from the first rows.</summary>
    public Schema? Columns { get; init; }

    /// <summary>How many rows are looked at to infer the columns.</summary>
    public int InferRows
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(InferRows), value, "Columns are inferred from at least one row.");
    } = 20_000;

    /// <summary>What becomes of bad values and rows of these files; null leaves it to the run (<see cref="RunContext.Bad"/>).</summary>
    public Bad? Bad { get; init; }

    /// <summary>How deeply elements may be nested.</summary>
    public int MaxDepth
    {
        get;
        init => field = value is >= 2 and <= 1_000 ? value : throw new ArgumentOutOfRangeException(nameof(MaxDepth), value, "Elements can be nested 2 to 1,000 deep.");
    } = 64;

    /// <summary>How many elements and attributes one row may have.</summary>
    public int MaxRowNodes
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(MaxRowNodes), value, "A row has at least one node.");
    } = 1_000_000;

    public InputLimits Limits { get; init; } = InputLimits.Default;
}
