using System.Text;

namespace Millrace.Data;

/// <summary>How records and fields lie in a file of text, every choice made: what the reader and the parser go by.</summary>
sealed record TextFormat
{
    /// <summary>In a plan's text and in the names of stages and steps: <c>csv</c>, <c>fixed-width</c>.</summary>
    internal required string Kind { get; init; }

    /// <summary>Null where fields have fixed places.</summary>
    internal byte? Delimiter { get; init; }
    internal byte? Quote { get; init; }
    internal byte? Comment { get; init; }

    /// <summary>Where fields have fixed places: theirs, in the order of the file's columns.</summary>
    internal IReadOnlyList<FixedPlace>? Places { get; init; }

    internal bool HasHeader { get; init; }
    internal int SkipLines { get; init; }
    internal Encoding? Encoding { get; init; }
    internal bool Trim { get; init; }

    /// <summary>Spellings of null besides the empty field.</summary>
    internal IReadOnlyList<byte[]> Nulls { get; init; } = [];

    /// <summary>Null leaves it to the run.</summary>
    internal Bad? Bad { get; init; }
    internal Ragged Ragged { get; init; }
    internal int MaxRecordBytes { get; init; }
    internal bool RenameDuplicates { get; init; }
    internal ValueFormat Values { get; init; } = ValueFormat.Default;
}

/// <param name="Start">Characters before it in the line.</param>
readonly record struct FixedPlace(int Start, int Length);

/// <summary>How numbers and times are spelled.</summary>
/// <param name="Date">A .NET format; null is ISO 8601. So for the other two.</param>
sealed record ValueFormat(char DecimalSeparator, string? Date, string? Time, string? Timestamp)
{
    internal static ValueFormat Default { get; } = new('.', null, null, null);
}
