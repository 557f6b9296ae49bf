using Millrace.Plans;

namespace Millrace.Data;

public partial class Frame
{
    /// <summary>The whole result in memory.</summary>
    public async Task<Table> CollectAsync(RunContext? run = null, CancellationToken cancel = default)
    {
        var batches = new List<Batch>();
        await foreach (var batch in FrameRunner.RunAsync(Plan, run ?? new RunContext(), cancel).ConfigureAwait(false)) batches.Add(batch);
        return new Table(Schema, batches);
    }

    /// <inheritdoc cref="CollectAsync(RunContext?, CancellationToken)"/>
    public Task<Table> CollectAsync(CancellationToken cancel) => CollectAsync(null, cancel);

    /// <summary>How many rows there are. Nothing else of them is computed.</summary>
    public async Task<long> CountAsync(RunContext? run = null, CancellationToken cancel = default)
    {
        using var table = await Aggregate(Columns.Count()).CollectAsync(run, cancel).ConfigureAwait(false);
        return (long)table[0, 0]!;
    }

    /// <inheritdoc cref="CountAsync(RunContext?, CancellationToken)"/>
    public Task<long> CountAsync(CancellationToken cancel) => CountAsync(null, cancel);

    /// <summary>Draws the first rows on the console, or on a writer, and says what was refused on the way to them.</summary>
    public async Task ShowAsync(int rows = 20, TextWriter? to = null, RunContext? run = null, CancellationToken cancel = default) =>
        await (to ?? Console.Out).WriteLineAsync((await DrawAsync(rows, null, run, cancel).ConfigureAwait(false)).AsMemory(), cancel).ConfigureAwait(false);

    /// <param name="width">How many places a line may have; null is no limit.</param>
    internal async Task<string> DrawAsync(int rows, int? width, RunContext? run, CancellationToken cancel)
    {
        run = RunContext.Keeping(run);
        using var table = await Take(rows + 1L).CollectAsync(run, cancel).ConfigureAwait(false);
        using var shown = table.Count <= rows ? table : await table.ToFrame().FirstRowsAsync(rows, cancel).ConfigureAwait(false);
        return TableDrawing.Of(shown, table.Count <= rows ? table.Count : null, width, run.Rejects);
    }

    /// <inheritdoc cref="ShowAsync(int, TextWriter?, RunContext?, CancellationToken)"/>
    public Task ShowAsync(int rows, TextWriter? to, CancellationToken cancel) => ShowAsync(rows, to, null, cancel);

    async Task<Table> FirstRowsAsync(int rows, CancellationToken cancel)
    {
        var batches = new List<Batch>();
        await foreach (var batch in ((Scan)Plan).Source.ReadAsync(new ReadRequest(), cancel).ConfigureAwait(false))
        {
            var kept = (int)Math.Min(batch.Count, rows);
            rows -= kept;
            using (batch) batches.Add(batch.Slice(0, kept));
        }
        return new Table(Schema, batches);
    }

    /// <summary>A row for each column: how many values, nulls and different values it has and, of numbers, least, greatest, mean, deviation and quartiles.</summary>
    public Frame Describe()
    {
        // One step for all columns, which the rows of the result share: the source is read once.
        var all = Aggregate([.. Schema.SelectMany((f, i) => Measures(f).Select(m => (Pick)($"{m.Name} {i}", m.Value)))]);
        return Schema.Select((field, i) => all.Select(
            ("column", field.Name), ("type", field.TypeText), Of("count", i), ("nulls", Columns.Col($"rows {i}") - Columns.Col($"count {i}")),
            Of("distinct", i), Of("min", i), Of("max", i), Of("mean", i), Of("deviation", i), Of("q1", i), Of("median", i), Of("q3", i)))
            .Aggregate((above, below) => above.UnionAll(below));

        static Pick Of(string measure, int column) => (measure, Columns.Col($"{measure} {column}"));
    }

    static IEnumerable<(string Name, Value Value)> Measures(Field field)
    {
        var of = Columns.Col(field.Name);
        var compares = !field.Type.IsNested && field.Type.Kind is not (TypeKind.Binary or TypeKind.Null);
        Value none = new(new CastExpr(LiteralExpr.Of(null), DataType.Float64)), noText = new(new CastExpr(LiteralExpr.Of(null), DataType.Text));
        return
        [
            ("rows", Columns.Count()),
            ("count", Columns.Count(field.Name)),
            ("distinct", compares ? Columns.CountDistinct(of) : Columns.Count(field.Name)),
            ("min", compares ? Columns.Min(of).Cast(DataType.Text) : Columns.Min(noText)),
            ("max", compares ? Columns.Max(of).Cast(DataType.Text) : Columns.Max(noText)),
            ("mean", Number(Columns.Average)),
            ("deviation", Number(Columns.Deviation)),
            ("q1", Number(v => Columns.Percentile(v, 0.25))),
            ("median", Number(Columns.Median)),
            ("q3", Number(v => Columns.Percentile(v, 0.75))),
        ];

        Value Number(Func<Value, Value> aggregate) => field.Type.IsNumeric ? aggregate(of) : Columns.Average(none);
    }
}
