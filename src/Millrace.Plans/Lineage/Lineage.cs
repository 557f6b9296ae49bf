namespace Millrace.Data;

/// <summary>How a value of a source has to do with a value of a result.</summary>
public enum Manner
{
    /// <summary>It is that value.</summary>
    Copied,

    /// <summary>The value is computed from it and from values of the same row.</summary>
    Computed,

    /// <summary>The value is computed from it and from values of other rows.</summary>
    Aggregated,

    /// <summary>It decides whether the row is there.</summary>
    FilteredBy,

    /// <summary>It decides which rows stand side by side.</summary>
    JoinedBy,

    /// <summary>It decides which rows make one.</summary>
    GroupedBy,

    /// <summary>It decides which rows are first, where that matters.</summary>
    OrderedBy,
}

/// <summary>A column of a source that a result has to do with.</summary>
/// <param name="Steps">The steps in which something was made of it, as the plan's text has them, from the source on.</param>
public sealed record Origin(ISource Source, string Column, Manner Manner, Sequence<string> Steps)
{
    /// <summary>What people call the source.</summary>
    public string SourceName => Source.ToString() is { } name && name != Source.GetType().ToString() ? name : Source.Kind;

    public override string ToString() => $"{SourceName}.{ExprText.Name(Column)}{(Steps.Count > 0 ? $" ({string.Join("; ", Steps)})" : "")}";
}

/// <summary>Where a column of a result comes from.</summary>
public sealed record ColumnLineage(string Column, Sequence<Origin> Origins)
{
    public override string ToString() => Origins.Count == 0
        ? $"{ExprText.Name(Column)}: no column, only constants"
        : $"{ExprText.Name(Column)}: {string.Join("; ", Origins.GroupBy(o => o.Manner).OrderBy(g => g.Key).Select(g => $"{Words(g.Key)} {string.Join(", ", g)}"))}";

    internal static string Words(Manner manner) => manner switch
    {
        Manner.Copied => "copied from",
        Manner.Computed => "computed from",
        Manner.Aggregated => "aggregated from",
        _ => StepShape.SnakeCase(manner.ToString()).Replace('_', ' '),
    };
}

/// <summary>
/// Where each column of a plan's result comes from, read from the plan alone. Steps that people say are looked into and
/// called by their own names.
/// </summary>
/// <param name="Columns">In the order of the result.</param>
/// <param name="Rows">What decides, for all columns alike, which rows there are.</param>
public sealed record Lineage(Sequence<ColumnLineage> Columns, Sequence<Origin> Rows)
{
    public static Lineage Of(Relation plan)
    {
        var flow = new Flows().Of(plan);
        return new(
            plan.Schema.Zip(flow.Columns, (f, origins) => new ColumnLineage(f.Name, origins.ToSequence())).ToSequence(),
            flow.Rows.ToSequence());
    }

    /// <exception cref="PlanException">The result has no such column.</exception>
    public ColumnLineage this[string column] =>
        Columns.FirstOrDefault(c => c.Column == column) ?? throw new PlanException($"The result has no column '{column}'. Its columns are {string.Join(", ", Columns.Select(c => c.Column))}.");

    /// <summary>A line a column, and one for the rows.</summary>
    public override string ToString() =>
        string.Join('\n', Rows.Count == 0 ? Columns.Select(c => c.ToString()) : Columns.Select(c => c.ToString()).Append($"rows: {string.Join("; ", Rows.GroupBy(o => o.Manner).OrderBy(g => g.Key).Select(g => $"{ColumnLineage.Words(g.Key)} {string.Join(", ", g)}"))}"));
}
