namespace Millrace.Data;

/// <summary>How JSON is read. Members that a row lacks are null; numbers are read from quotes too where the column is one.</summary>
public sealed record JsonOptions
{
    public static JsonOptions Default { get; } = new();

    /// <summary>The columns and their types; null infers them from the first rows.</summary>
    public Schema? Columns { get; init; }

    /// <summary>How many rows are looked at to infer the columns.</summary>
    public int InferRows
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(InferRows), value, "Columns are inferred from at least one row.");
    } = 20_000;

    /// <summary>Where the rows are in a document: the names on the way to their array, <c>response.items</c>. Null is the document itself.</summary>
    public string? Rows { get; init; }

    /// <summary>What becomes of bad values and rows of these files; null leaves it to the run (<see cref="RunContext.Bad"/>).</summary>
    public Bad? Bad { get; init; }

    /// <summary>How deeply a row's values may be nested.</summary>
    public int MaxDepth
    {
        get;
        init => field = value is >= 1 and <= 1_000 ? value : throw new ArgumentOutOfRangeException(nameof(MaxDepth), value, "Values can be nested 1 to 1,000 deep.");
    } = 64;

    /// <summary>The longest row, in bytes.</summary>
    public int MaxRowBytes
    {
        get;
        init => field = value >= 1_024 ? value : throw new ArgumentOutOfRangeException(nameof(MaxRowBytes), value, "A row needs at least 1,024 bytes.");
    } = 256 << 20;

    public InputLimits Limits { get; init; } = InputLimits.Default;
}
