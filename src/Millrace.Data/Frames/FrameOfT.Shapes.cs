using System.Linq.Expressions;
using Millrace.Plans;

namespace Millrace.Data;

// Where a verb adds columns, a lambda makes the new row of the old one and of those: each is called like the parameter
// that stands for it.
public partial class Frame<T>
{
    /// <summary>A constant in the place of nulls: <c>Fill(r => r.City, "unknown")</c>.</summary>
    public Frame<T> Fill<TValue>(Expression<Func<T, TValue>> column, TValue value) =>
        new(new Fill(Plan, [ColumnOf(column)], FillWith.Value, Value: LiteralExpr.Of(value)));

    /// <summary>The last known value in the place of nulls.</summary>
    /// <param name="columns">One, or several as <c>r => new { r.A, r.B }</c>.</param>
    /// <param name="orderBy">What rows follow each other by.</param>
    /// <param name="within">Only from rows equal in these columns.</param>
    public Frame<T> FillForward(Expression<Func<T, object?>> columns, Expression<Func<T, object?>> orderBy, Expression<Func<T, object?>>? within = null) =>
        Filled(columns, FillWith.Forward, within, orderBy);

    /// <summary>The next known value in the place of nulls.</summary>
    /// <inheritdoc cref="FillForward" path="/param"/>
    public Frame<T> FillBackward(Expression<Func<T, object?>> columns, Expression<Func<T, object?>> orderBy, Expression<Func<T, object?>>? within = null) =>
        Filled(columns, FillWith.Backward, within, orderBy);

    /// <summary>The mean of the known values in the place of nulls. It has a fraction, so the column is a <c>double</c>.</summary>
    /// <inheritdoc cref="FillForward" path="/param[@name='within']"/>
    public Frame<T> FillMean(Expression<Func<T, double?>> column, Expression<Func<T, object?>>? within = null) => Filled(Fractional(column), FillWith.Mean, within);

    /// <inheritdoc cref="FillMean"/>
    public Frame<T> FillMedian(Expression<Func<T, double?>> column, Expression<Func<T, object?>>? within = null) => Filled(Fractional(column), FillWith.Median, within);

    /// <summary>A measure in another unit, in its place: <c>ConvertUnits(r => r.Distance, "mile", "km")</c>.</summary>
    public Frame<T> ConvertUnits(Expression<Func<T, double?>> column, string from, string to) => new(new ConvertUnits(Plan, ColumnOf(Fractional(column)), from, to));

    /// <summary>The bin that each value falls into, by edges: <c>BinByEdges(p => p.Age, [0, 18, 65, 120], (p, bin) => new { p.Name, bin })</c>.</summary>
    /// <param name="labels">One a bin; without them bins are called as <c>[0, 18)</c>.</param>
    /// <param name="under">The label of what is less than the first edge; without one such rows are rejected.</param>
    public Frame<TResult> BinByEdges<TValue, TResult>(Expression<Func<T, TValue>> column, Sequence<TValue> edges, Expression<Func<T, string?, TResult>> row,
        Sequence<string> labels = default, string? under = null, string? over = null) =>
        Binned<TResult>(row, name => new Bin(Plan, ColumnOf(column), name, BinBy.Edges, [.. edges.Select(e => LiteralExpr.Of(e))], 0, labels, under, over));

    /// <summary>So many bins of equal width, numbered from 0.</summary>
    public Frame<TResult> BinByWidth<TValue, TResult>(Expression<Func<T, TValue>> column, int bins, Expression<Func<T, long?, TResult>> row) =>
        Binned<TResult>(row, name => new Bin(Plan, ColumnOf(column), name, BinBy.Width, default, bins));

    /// <summary>As many bins of equal width as there are labels.</summary>
    public Frame<TResult> BinByWidth<TValue, TResult>(Expression<Func<T, TValue>> column, Sequence<string> labels, Expression<Func<T, string?, TResult>> row) =>
        Binned<TResult>(row, name => new Bin(Plan, ColumnOf(column), name, BinBy.Width, default, labels.Count, labels));

    /// <summary>So many bins of about equally many rows, numbered from 0.</summary>
    public Frame<TResult> BinByQuantiles<TValue, TResult>(Expression<Func<T, TValue>> column, int bins, Expression<Func<T, long?, TResult>> row) =>
        Binned<TResult>(row, name => new Bin(Plan, ColumnOf(column), name, BinBy.Quantiles, default, bins));

    /// <summary>As many bins of about equally many rows as there are labels.</summary>
    public Frame<TResult> BinByQuantiles<TValue, TResult>(Expression<Func<T, TValue>> column, Sequence<string> labels, Expression<Func<T, string?, TResult>> row) =>
        Binned<TResult>(row, name => new Bin(Plan, ColumnOf(column), name, BinBy.Quantiles, default, labels.Count, labels));

    /// <summary>Columns become rows: <c>Unpivot(w => new[] { w.Maths, w.Art }, (w, subject, mark) => new { w.Name, subject, mark })</c>.</summary>
    public Frame<TResult> Unpivot<TValue, TResult>(Expression<Func<T, TValue[]>> columns, Expression<Func<T, string, TValue, TResult>> row)
    {
        if (columns.Body is not NewArrayExpression { NodeType: ExpressionType.NewArrayInit } array) throw new PlanException($"'{LambdaText.Of(columns.Body)}' doesn't name columns. Name them here: r => new[] {{ r.A, r.B }}.");
        Sequence<string> chosen = [.. array.Expressions.Select(e => ColumnOf(Expression.Lambda(e, columns.Parameters)))];
        var (name, value) = (Free(row.Parameters[1].Name!), Free(row.Parameters[2].Name!));
        return Added<TResult>(new Unpivot(Plan, chosen, name, value), row, name, value);
    }

    /// <summary>Values of a column become columns, with an aggregate in each cell. C# can't know those columns: <c>As&lt;T&gt;()</c> says which they are.</summary>
    /// <param name="values">Those values, in the order of the columns.</param>
    /// <param name="keys">The columns that stay: one row for each of their combinations.</param>
    /// <param name="cells"><c>g => g.Sum(r => r.Amount)</c>, or several as <c>g => new { ... }</c>.</param>
    public Frame Pivot<TOn, TCells>(Expression<Func<T, TOn>> on, Sequence<TOn> values, Expression<Func<T, object?>> keys, Expression<Func<Group<T>, TCells>> cells) =>
        new(new Pivot(Plan, ColumnsOf(keys), ColumnOf(on), [.. values.Select(v => PivotValue.Of(v))], Cells(cells)));

    /// <summary>As <see cref="Pivot{TOn, TCells}"/>, with all values that a run now finds in the column, in order.</summary>
    public async Task<Frame> PivotAsync<TOn, TCells>(Expression<Func<T, TOn>> on, Expression<Func<T, object?>> keys, Expression<Func<Group<T>, TCells>> cells, CancellationToken cancel = default)
    {
        var values = await Select(on).Distinct().OrderBy(v => v).ToListAsync(cancel).ConfigureAwait(false);
        return Pivot(on, [.. values], keys, cells);
    }

    /// <summary>A row for each item of a list, beside the row it came from: <c>SelectMany(o => o.Lines, (o, line) => new { o.Id, line.Price })</c>.</summary>
    /// <param name="keepEmpty">Whether a row without items stays; its item is null, so that the lambda says <c>(int?)line.Price</c>.</param>
    public Frame<TResult> SelectMany<TItem, TResult>(Expression<Func<T, IEnumerable<TItem>>> list, Expression<Func<T, TItem, TResult>> row, bool keepEmpty = false)
    {
        const string item = "$item";
        return Added<TResult>(new Flatten(new Compute(Plan, [new NamedExpr(item, Translated(list))]), item, keepEmpty), row, item);
    }

    Frame<T> Filled(LambdaExpression columns, FillWith with, LambdaExpression? within, LambdaExpression? orderBy = null) =>
        new(new Fill(Plan, ColumnsOf(columns), with, within is null ? default : ColumnsOf(within), orderBy is null ? default : SortKeys(orderBy)));

    // C# lets a whole number stand for one with a fraction, and then the column isn't what the row has.
    static Expression<Func<T, double?>> Fractional(Expression<Func<T, double?>> column) => Unconverted(column.Body).Type is var type && (type == typeof(double) || type == typeof(double?))
        ? column
        : throw new PlanException($"'{LambdaText.Of(column.Body)}' is a {TypeName.Of(Unconverted(column.Body).Type)}, and what comes of it a double. Select it as (double?) first.");

    static Expression Unconverted(Expression body) => body is UnaryExpression { NodeType: ExpressionType.Convert } convert ? Unconverted(convert.Operand) : body;

    Frame<TResult> Binned<TResult>(LambdaExpression row, Func<string, Bin> bin)
    {
        var name = Free(row.Parameters[1].Name!);
        return Added<TResult>(bin(name), row, name);
    }

    Sequence<NamedExpr> Cells(LambdaExpression cells)
    {
        var none = new Dictionary<string, Expr>();
        var columns = new LambdaTranslator(Schema, (cells.Parameters[0], new GroupScope(RowScope.Of(typeof(T), Schema), none))).Row(cells.Body);
        return LambdaTranslator.Members(cells.Body) is null ? [.. columns.Select(c => c with { Name = Value.NameOf(c.Value) ?? c.Name })] : columns;
    }

    /// <summary>Rows made of a row of this frame and of columns that a step added to it, by name.</summary>
    Frame<TResult> Added<TResult>(Relation plan, LambdaExpression row, params IEnumerable<string> names)
    {
        var left = new Schema(Schema.Where(f => plan.Schema.Names.Contains(f.Name)));
        var added = row.Parameters.Skip(1).Zip(names, (p, name) => (p, (LambdaScope)RowScope.OfColumn(p.Type, plan.Schema, name)));
        return new(new Project(plan, new LambdaTranslator(plan.Schema, [(row.Parameters[0], RowScope.Of(typeof(T), left)), .. added]).Row(row.Body)));
    }

    /// <summary>The name or, where a column has it already, one like it.</summary>
    string Free(string name)
    {
        while (Schema.Contains(name)) name += "_";
        return name;
    }
}
