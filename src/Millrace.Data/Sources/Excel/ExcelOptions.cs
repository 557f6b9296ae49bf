namespace Millrace.Data;

/// <summary>How a sheet is read. Cells that show an error (<c>#DIV/0!</c>) are bad values; formulas are what they last came to.</summary>
public sealed record ExcelOptions
{
    public static ExcelOptions Default { get; } = new();

    /// <summary>The columns and their types, by name where the sheet has a header and by position where it has none; null infers them.</summary>
    public Schema? Columns { get; init; }

    /// <summary>The cells that are read, as Excel writes them: <c>B3:F100</c>, or <c>B3:F</c> to the end. Null is all that has content.</summary>
    public string? Range { get; init; }

    /// <summary>Whether the first row names the columns.</summary>
    public bool Header { get; init; } = true;

    /// <summary>Whether columns of one name are told apart by number; otherwise they are refused.</summary>
    public bool RenameDuplicates { get; init; }

    /// <summary>How many rows are looked at to infer the columns.</summary>
    public int InferRows
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(InferRows), value, "Columns are inferred from at least one row.");
    } = 20_000;

    /// <summary>What becomes of bad values and rows of these files; null leaves it to the run (<see cref="RunContext.Bad"/>).</summary>
    public Bad? Bad { get; init; }

    public InputLimits Limits { get; init; } = InputLimits.Default;
}
