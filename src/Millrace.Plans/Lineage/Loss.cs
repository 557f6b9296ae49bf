namespace Millrace.Data;

public enum LossKind
{
    /// <summary>A column goes no further.</summary>
    ColumnDropped,

    /// <summary>Rows may go: the detail says by what.</summary>
    RowsFiltered,

    /// <summary>A row stands for something else after the step: a group, one of several, an item.</summary>
    GrainChanged,

    /// <summary>Digits, or a part of a time, may go.</summary>
    PrecisionCut,

    /// <summary>A row may come to stand several times.</summary>
    RowsMultiplied,

    /// <summary>A value may become null.</summary>
    ValuesNulled,
}

/// <summary>Something of the sources that a plan may not keep.</summary>
/// <param name="Step">Where, as the plan's text has it.</param>
/// <param name="Column">The column, where it is one.</param>
/// <param name="Detail">What exactly, for people.</param>
public sealed record Loss(LossKind Kind, string Step, string? Column, string Detail)
{
    public override string ToString() => $"{StepShape.SnakeCase(Kind.ToString()).Replace('_', ' ')}: {Detail} (in: {Step})";
}
