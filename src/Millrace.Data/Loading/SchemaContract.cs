namespace Millrace.Data;

/// <summary>What happens to rows that a table isn't made for.</summary>
public enum OnChange
{
    /// <summary>The table follows: it is created, gets the column, has its column widened.</summary>
    Evolve,

    /// <summary>The load is refused, with what differs.</summary>
    Freeze,

    /// <summary>Rows that don't fit are rejected.</summary>
    DiscardRow,

    /// <summary>The row is loaded without the value; the report counts it.</summary>
    DiscardValue,
}

/// <summary>Who gives way where the rows of a load and the table aren't of one shape: said apart for tables, columns and types.</summary>
public sealed record SchemaContract
{
    /// <summary>Tables are created, columns added and widened; what can't be widened is refused.</summary>
    public static SchemaContract Default { get; } = new();

    /// <summary>Nothing about the table changes, and what doesn't fit is refused.</summary>
    public static SchemaContract Frozen { get; } = new() { Tables = OnChange.Freeze, Columns = OnChange.Freeze, Types = OnChange.Freeze };

    /// <summary>A table that isn't there: created, or refused.</summary>
    public OnChange Tables
    {
        get;
        init => field = value is OnChange.Evolve or OnChange.Freeze ? value
            : throw new ArgumentOutOfRangeException(nameof(Tables), value, "A table that isn't there is created (Evolve) or refused (Freeze).");
    }

    /// <summary>A column that the table hasn't.</summary>
    public OnChange Columns { get; init; }

    /// <summary>A type that the table's column can't hold all values of.</summary>
    public OnChange Types { get; init; }
}
