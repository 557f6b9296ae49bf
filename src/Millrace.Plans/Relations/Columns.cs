namespace Millrace.Plans;

/// <summary>Columns added, or put in the place of those that have the name. All are computed from the row as it was before.</summary>
public sealed record Compute(Relation Input, Sequence<NamedExpr> Columns) : RichRelation(Input)
{
    public override Relation Lower()
    {
        var schema = Input.Schema;
        var columns = Same(schema).ToList();
        foreach (var column in Columns)
        {
            if (schema.TryIndexOf(column.Name, out var at)) columns[at] = columns[at] with { Value = column.Value };
            else columns.Add(column);
        }
        return new Project(Input, columns.ToSequence());
    }
}

/// <summary>The same columns, some of them called otherwise.</summary>
public sealed record Rename(Relation Input, Sequence<ColumnRename> Names) : RichRelation(Input)
{
    public override Relation Lower()
    {
        var columns = Same(Input.Schema).ToArray();
        foreach (var (from, to) in Names)
        {
            var at = Input.Schema.IndexOf(from);
            columns[at] = columns[at] with { Name = to };
        }
        return new Project(Input, columns.ToSequence());
    }
}

public sealed record ColumnRename(string From, string To);

/// <summary>All columns but these.</summary>
public sealed record Drop(Relation Input, Sequence<string> Columns) : RichRelation(Input)
{
    public override Relation Lower()
    {
        var gone = Columns.Select(c => Input.Schema.IndexOf(c)).ToHashSet();
        return gone.Count < Input.Schema.Count
            ? new Project(Input, Same(Input.Schema.Where((_, i) => !gone.Contains(i))).ToSequence())
            : throw new PlanException($"To drop {string.Join(", ", Columns)} would leave no column.");
    }
}

/// <summary>These columns first, in this order; the others after them in theirs.</summary>
public sealed record Reorder(Relation Input, Sequence<string> First) : RichRelation(Input)
{
    public override Relation Lower()
    {
        var first = First.Select(c => Input.Schema[c]).ToList();
        return new Project(Input, Same(first.Concat(Input.Schema.Except(first))).ToSequence());
    }
}

/// <summary>A measure in another unit, as float64: see <see cref="Unit.All"/> for those there are.</summary>
/// <param name="From">The unit of the column: <c>mile</c>, <c>F</c>, <c>GiB</c>.</param>
/// <param name="As">The column it becomes; without one it takes the place of the old.</param>
public sealed record ConvertUnits(Relation Input, string Column, string From, string To, string? As = null) : RichRelation(Input)
{
    public override Relation Lower()
    {
        var field = Input.Schema[Column];
        if (!field.Type.IsNumeric) throw new PlanException($"'{field}' is not a number, so it has no unit. Cast it first.");
        var value = new CastExpr(new ColumnExpr(field.Name), DataType.Float64);
        return new Compute(Input, [new NamedExpr(As ?? field.Name, Unit.Named(From).ConvertTo(Unit.Named(To), value))]);
    }
}
