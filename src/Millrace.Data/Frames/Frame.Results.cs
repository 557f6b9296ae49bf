using Millrace.Plans;

namespace Millrace.Data;

public partial class Frame
{
    /// <summary>The whole result in memory.</summary>
    public Task<Table> CollectAsync(CancellationToken cancel = default) => CollectAsync(new RunContext(), cancel);

    /// <inheritdoc cref="CollectAsync(CancellationToken)"/>
    public async Task<Table> CollectAsync(RunContext run, CancellationToken cancel = default)
    {
        var batches = new List<Batch>();
        await foreach (var batch in FrameRunner.RunAsync(Plan, run, cancel).ConfigureAwait(false)) batches.Add(batch);
        return new Table(Schema, batches);
    }

    /// <summary>How many rows there are. Nothing else of them is computed.</summary>
    public async Task<long> CountAsync(CancellationToken cancel = default)
    {
        using var table = await Aggregate(Columns.Count()).CollectAsync(cancel).ConfigureAwait(false);
        return (long)table[0, 0]!;
    }

    /// <summary>Draws the first rows on the console, or on a writer.</summary>
    public async Task ShowAsync(int rows = 20, TextWriter? to = null, CancellationToken cancel = default)
    {
        using var table = await Take(rows + 1L).CollectAsync(cancel).ConfigureAwait(false);
        using var shown = table.Count <= rows ? table : await table.ToFrame().FirstRowsAsync(rows, cancel).ConfigureAwait(false);
        await (to ?? Console.Out).WriteLineAsync(TableDrawing.Of(shown, table.Count <= rows ? table.Count : null).AsMemory(), cancel).ConfigureAwait(false);
    }

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
    public Frame Describe() => Schema.Select(Described).Aggregate((all, next) => all.UnionAll(next));

    Frame Described(Field field)
    {
        var of = Columns.Col(field.Name);
        var number = field.Type.IsNumeric;
        var compares = !field.Type.IsNested && field.Type.Kind is not (TypeKind.Binary or TypeKind.Null);
        Value none = new(new CastExpr(LiteralExpr.Of(null), DataType.Float64)), noText = new(new CastExpr(LiteralExpr.Of(null), DataType.Text));
        return Aggregate(
            Columns.Count().As("rows"),
            Columns.Count(field.Name).As("count"),
            (compares ? Columns.CountDistinct(of) : new Value(new AggregateExpr(Millrace.Plans.Aggregate.Count, [of.Expr]))).As("distinct"),
            Least(Columns.Min).As("min"), Least(Columns.Max).As("max"),
            Number(Columns.Average).As("mean"), Number(Columns.Deviation).As("deviation"),
            Number(v => Columns.Percentile(v, 0.25)).As("q1"), Number(Columns.Median).As("median"), Number(v => Columns.Percentile(v, 0.75)).As("q3"))
            .Select(("column", field.Name), ("type", field.TypeText), "count", ("nulls", Columns.Col("rows") - Columns.Col("count")),
                "distinct", "min", "max", "mean", "deviation", "q1", "median", "q3");

        Value Least(Func<Value, Value> aggregate) => compares ? aggregate(of).Cast(DataType.Text) : Columns.Min(noText);
        Value Number(Func<Value, Value> aggregate) => number ? aggregate(of) : Columns.Average(none);
    }
}
