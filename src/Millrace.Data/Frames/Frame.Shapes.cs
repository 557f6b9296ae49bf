using Millrace.Plans;

namespace Millrace.Data;

public partial class Frame
{
    /// <summary>Values of a column become columns, with an aggregate in each cell.</summary>
    /// <param name="values">Those values, in the order of the columns.</param>
    /// <param name="keys">The columns that stay: one row for each of their combinations.</param>
    public Frame Pivot(string on, Sequence<object?> values, Sequence<string> keys, params Sequence<Pick> cells) =>
        new(new Pivot(Plan, Names(keys), Name(on), [.. values.Select(PivotValue.Of)], Picked(cells)));

    /// <summary>As <see cref="Pivot"/>, with all values that a run now finds in the column, in order.</summary>
    public async Task<Frame> PivotAsync(string on, Sequence<string> keys, Sequence<Pick> cells, RunContext? run = null, CancellationToken cancel = default)
    {
        using var values = await Select(on).Distinct().OrderBy(on).CollectAsync(run, cancel).ConfigureAwait(false);
        return Pivot(on, [.. values.Rows.Select(r => r[0])], keys, cells);
    }

    /// <inheritdoc cref="PivotAsync(string, Sequence{string}, Sequence{Pick}, RunContext?, CancellationToken)"/>
    public Task<Frame> PivotAsync(string on, Sequence<string> keys, Sequence<Pick> cells, CancellationToken cancel) => PivotAsync(on, keys, cells, null, cancel);

    /// <summary>Columns become rows, each with the name of its column and its value.</summary>
    public Frame Unpivot(Sequence<string> columns, string name = "name", string value = "value") => new(new Unpivot(Plan, Names(columns), name, value));

    /// <summary>A row for each item of a list column.</summary>
    /// <param name="keepEmpty">Whether a row without items stays, with null.</param>
    public Frame Flatten(string column, bool keepEmpty = false) => new(new Flatten(Plan, Name(column), keepEmpty));

    /// <summary>The bin that each value falls into, by edges: <c>BinByEdges("age", [0, 18, 65, 120], labels: ["child", "adult", "senior"])</c>.</summary>
    /// <param name="under">The label of what is less than the first edge; without one such rows are rejected.</param>
    public Frame BinByEdges(string column, Sequence<object> edges, string? name = null, Sequence<string> labels = default, string? under = null, string? over = null) =>
        new(new Bin(Plan, Name(column), name ?? $"{Name(column)}_bin", BinBy.Edges, [.. edges.Select(LiteralExpr.Of)], 0, labels, under, over));

    /// <summary>So many bins of equal width.</summary>
    public Frame BinByWidth(string column, int bins, string? name = null, Sequence<string> labels = default) =>
        new(new Bin(Plan, Name(column), name ?? $"{Name(column)}_bin", BinBy.Width, default, bins, labels));

    /// <summary>So many bins of about equally many rows.</summary>
    public Frame BinByQuantiles(string column, int bins, string? name = null, Sequence<string> labels = default) =>
        new(new Bin(Plan, Name(column), name ?? $"{Name(column)}_bin", BinBy.Quantiles, default, bins, labels));

    /// <summary>A constant in the place of nulls.</summary>
    public Frame Fill(Sequence<string> columns, object value) => new(new Fill(Plan, Names(columns), FillWith.Value, Value: LiteralExpr.Of(value)));

    /// <inheritdoc cref="Fill(Sequence{string}, object)"/>
    public Frame Fill(string column, object value) => Fill([column], value);

    /// <summary>The last known value in the place of nulls, in order.</summary>
    /// <param name="within">Only from rows equal in these columns.</param>
    public Frame FillForward(Sequence<string> columns, Sequence<Order> order, Sequence<string> within = default) =>
        new(new Fill(Plan, Names(columns), FillWith.Forward, Names(within), Keys(order)));

    /// <summary>The next known value in the place of nulls, in order.</summary>
    public Frame FillBackward(Sequence<string> columns, Sequence<Order> order, Sequence<string> within = default) =>
        new(new Fill(Plan, Names(columns), FillWith.Backward, Names(within), Keys(order)));

    /// <summary>The mean of the known values in the place of nulls.</summary>
    public Frame FillMean(Sequence<string> columns, Sequence<string> within = default) => new(new Fill(Plan, Names(columns), FillWith.Mean, Names(within)));
    public Frame FillMedian(Sequence<string> columns, Sequence<string> within = default) => new(new Fill(Plan, Names(columns), FillWith.Median, Names(within)));

    /// <summary>A measure in another unit: <c>ConvertUnits("distance", "mile", "km")</c>.</summary>
    /// <param name="name">The column it becomes; without one it takes the place of the old.</param>
    public Frame ConvertUnits(string column, string from, string to, string? name = null) => new(new ConvertUnits(Plan, Name(column), from, to, name));

    /// <summary>The parts of a text as columns: <c>Split("name", " ", ["first", "last"])</c>.</summary>
    public Frame Split(string column, string separator, Sequence<string> into, PartsMismatch mismatch = PartsMismatch.Reject, bool keep = false) =>
        new(new SplitColumn(Plan, Name(column), separator, into, mismatch, keep));

    /// <summary>The named groups of a pattern as columns: <c>Extract("line", @"(?&lt;code&gt;\d+) (?&lt;text&gt;.*)")</c>.</summary>
    /// <param name="nullWithoutMatch">Whether a text without a match gives nulls; otherwise its row is rejected.</param>
    public Frame Extract(string column, string pattern, bool nullWithoutMatch = false) => new(new ExtractColumns(Plan, Name(column), pattern, nullWithoutMatch));
}
