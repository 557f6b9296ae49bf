namespace Millrace.Data;

/// <summary>What a look at a column's values says about its type.</summary>
/// <param name="Values">How many were looked at, nulls aside.</param>
/// <param name="Sentence">Why it isn't a narrower type, where it nearly was: <c>42 of 1,000,000 values aren't integers, first at line 17: 'abc'</c>.</param>
/// <param name="Whole">Whether that was all of the file or a sample.</param>
public sealed record ColumnEvidence(string Name, DataType Type, long Values, long Nulls, string? Sentence, bool Whole)
{
    public override string ToString() => Sentence is null ? $"{Name}: {Type}" : $"{Name}: {Type} ({Sentence})";
}
