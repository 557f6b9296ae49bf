namespace Millrace.Data;

/// <summary>How a load is done.</summary>
public sealed record LoadOptions
{
    /// <summary>
    /// What makes this load the same as an earlier one: a run's id, a file's name. A target that has committed a load of this id
    /// takes no row of it a second time.
    /// </summary>
    public string? Id { get; init; }

    /// <summary>What happens where the rows and the table aren't of one shape.</summary>
    public SchemaContract Contract { get; init; } = SchemaContract.Default;

    public DuplicateKeys Duplicates { get; init; }

    /// <summary>Connections that stage rows side by side, where the target can.</summary>
    public int Streams
    {
        get;
        init => field = value is >= 1 and <= 64 ? value : throw new ArgumentOutOfRangeException(nameof(Streams), value, "A load has 1 to 64 streams.");
    } = 1;

    /// <summary>For <see cref="Load.Scd2"/>: from when on the rows of this load are true; now, where it isn't said.</summary>
    public DateTimeOffset? EffectiveAt { get; init; }

    /// <summary>For <see cref="Load.Scd2"/>: whether a key that the load hasn't is closed. Only right for loads of everything.</summary>
    public bool CloseMissing { get; init; }

    /// <summary>For <see cref="Load.Incremental"/>: how far earlier loads came.</summary>
    public Bookmark? Bookmark { get; init; }

    /// <summary>The files that the rows come from, to be remembered as loaded: see <see cref="FileBookmark.NewAsync"/>.</summary>
    public FileBookmark? Files { get; init; }

    /// <summary>Whether rows are told apart once they are staged, so that refusals can name where each came from.</summary>
    internal bool RefusesStaged(Load mode, IReadOnlyList<string> key) => mode == Load.Scd2 || (Duplicates == DuplicateKeys.Reject && key.Count > 0 && mode != Load.DeleteInsert);

    /// <summary>Whether the load may refuse rows, as far as is known before it looks at its target.</summary>
    internal bool MayRefuse(Load mode, Schema schema, IReadOnlyList<string> key) =>
        RefusesStaged(mode, key) || Contract.Columns == OnChange.DiscardRow || Contract.Types == OnChange.DiscardRow
        || key.Any(k => schema.TryIndexOf(k, out var at) && schema[at].Nullable);

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The refused share of the rows above which nothing is loaded; 1 loads whatever is left.</summary>
    public double MaxRejected
    {
        get;
        init => field = value is >= 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(MaxRejected), value, "A share is between 0 and 1.");
    } = 1;
}
