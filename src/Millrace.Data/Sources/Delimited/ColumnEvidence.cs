using System.Globalization;

namespace Millrace.Data;

/// <summary>What a look at a column's values says about its type.</summary>
/// <param name="Name">A column, or a part of one: <c>address.zip</c>, <c>tags[]</c>.</param>
/// <param name="Values">How many were looked at, nulls aside.</param>
/// <param name="Sentence">Why it isn't a narrower type, where it nearly was: <c>42 of 1,000,000 values aren't integers, first at line 17: 'abc'</c>.</param>
/// <param name="Whole">Whether that was all of the file or a sample.</param>
public sealed record ColumnEvidence(string Name, DataType Type, long Values, long Nulls, string? Sentence, bool Whole)
{
    /// <summary>What an error says of a value that the look at the others didn't foresee.</summary>
    internal string Told(string inspector) => Values == 0
        ? $"'{Name}' was taken for {Type} because no value was found among the first rows; {inspector} looks at them all."
        : string.Create(CultureInfo.InvariantCulture, $"'{Name}' was inferred as {Type} from its first {Values:N0} values{(Sentence is null ? ", which all are" : $" ({Sentence})")}; {inspector} looks at them all.");

    public override string ToString() => Sentence is null ? $"{Name}: {Type}" : $"{Name}: {Type} ({Sentence})";
}
