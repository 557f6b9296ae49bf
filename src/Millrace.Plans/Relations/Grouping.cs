namespace Millrace.Plans;

/// <summary>Rows become columns: of each group of equal keys one row, in which each of the values of a column has columns of its own.</summary>
/// <param name="Keys">The columns that stay.</param>
/// <param name="On">The column whose values become columns.</param>
/// <param name="Values">Those values; rows with others count for no column.</param>
/// <param name="Aggregates">What stands in the cells. One makes columns called as the value, several make <c>value_name</c>.</param>
public sealed record Pivot(Relation Input, Sequence<string> Keys, string On, Sequence<PivotValue> Values, Sequence<NamedExpr> Aggregates) : RichRelation(Input)
{
    public override Relation Lower()
    {
        if (Values.Count == 0) throw new PlanException($"A pivot needs the values of '{On}' that become columns.");
        if (Aggregates.Count == 0) throw new PlanException("A pivot needs at least one aggregate for its cells.");
        var on = Input.Schema[On];
        var cells = Values.SelectMany(v => Aggregates.Select(a => new NamedExpr(
            Aggregates.Count == 1 ? v.Name : $"{v.Name}_{a.Name}",
            Only(a.Value, Functions.Same.Of(Named(on.Name), v.Value)))));
        return new Group(Input, Same(Keys.Select(k => Input.Schema[k])).ToSequence(), cells.ToSequence());
    }

    static Expr Only(Expr cell, Expr rows) => cell.Rewrite(e => e is AggregateExpr aggregate
        ? aggregate with { Where = aggregate.Where is { } where ? Functions.And.Of(rows, where) : rows }
        : e);
}

/// <summary>A value and the column it becomes.</summary>
public sealed record PivotValue(string Name, LiteralExpr Value)
{
    /// <summary>The column is called as the value reads.</summary>
    public static PivotValue Of(object? value) => new(ClrValue.Display(value), LiteralExpr.Of(value));
}

/// <summary>Of each group of equal keys one row, with its rows as a list of structs.</summary>
/// <param name="Columns">The fields of the structs; none stands for all columns but the keys.</param>
public sealed record Nest(Relation Input, Sequence<string> Keys, string As, Sequence<string> Columns = default, Sequence<SortKey> OrderBy = default) : RichRelation(Input)
{
    public override Relation Lower()
    {
        var keys = Keys.Select(k => Input.Schema[k]).ToList();
        var fields = Columns.Count > 0 ? [.. Columns.Select(c => Input.Schema[c])] : Input.Schema.Except(keys).ToList();
        if (fields.Count == 0) throw new PlanException("There is no column beside the keys that could be nested.");
        var rows = Aggregate.List.Of(new StructExpr(Same(fields).ToSequence())) with { OrderBy = OrderBy };
        return new Group(Input, Same(keys).ToSequence(), [new NamedExpr(As, rows)]);
    }
}

/// <summary>One row of those that have the keys in common; nulls are equal here.</summary>
/// <param name="Keys">None stands for all columns.</param>
/// <param name="OrderBy">What is first and last; without it, the order of the input.</param>
public sealed record Deduplicate(Relation Input, Sequence<string> Keys = default, Keep Keep = Keep.First, Sequence<SortKey> OrderBy = default) : RichRelation(Input)
{
    const string Number = "$number", Place = "$place";

    public override Relation Lower()
    {
        if (Keys.Count == 0 && OrderBy.Count == 0) return new Distinct(Input);
        var keys = (Keys.Count == 0 ? Input.Schema : Keys.Select(k => Input.Schema[k])).Select(f => (Expr)Named(f.Name)).ToSequence();
        var (input, order) = (Input, OrderBy);
        if (order.Count == 0)
        {
            input = new Window(Input, [new NamedExpr(Number, new WindowExpr(new RankExpr(RankKind.RowNumber, []), [], []))]);
            order = [new SortKey(Named(Number))];
        }
        if (Keep == Keep.Last) order = order.Select(k => k with { Descending = !k.Descending, NullsFirst = !k.NullsFirst }).ToSequence();
        var placed = new Window(input, [new NamedExpr(Place, new WindowExpr(new RankExpr(RankKind.RowNumber, []), keys, order))]);
        return new Project(new Filter(placed, Functions.Equals.Of(Named(Place), Constant(1L))), Same(Input.Schema).ToSequence());
    }
}

/// <summary>
/// Rows whose text is nearly that of an earlier row are dropped: where an earlier row, itself dropped or not, has the same
/// block and its text is at most so many edits away. A row stays whose text or block is null.
/// </summary>
/// <param name="Block">Columns that must be equal before texts are compared: without any, every pair of rows is.</param>
/// <param name="OrderBy">What is earlier; without it, the order of the input.</param>
public sealed record DeduplicateNearly(Relation Input, string Column, int Distance, Sequence<string> Block = default, Sequence<SortKey> OrderBy = default) : RichRelation(Input)
{
    const string Number = "$number";

    public override Relation Lower()
    {
        if (Distance < 1) throw new PlanException($"A distance of {Distance} edits finds no similar rows. Name 1 or more, or use Deduplicate for equal ones.");
        var text = Input.Schema[Column].Name;
        // The very same node on both sides: who runs it may run it once.
        var numbered = new Window(Input, [new NamedExpr(Number, new WindowExpr(new RankExpr(RankKind.RowNumber, []), [], OrderBy))]);
        var join = new Join(numbered, numbered, JoinKind.Anti, Block.Select(b => new JoinKey(Named(b), Named(b))).ToSequence());
        var right = join.RightNames.Zip(numbered.Schema.Names).ToDictionary(n => n.Second, n => n.First);
        var earlier = Functions.Less.Of(Named(right[Number]), Named(Number));
        var near = Functions.LessOrEqual.Of(Functions.EditDistance.Of(Named(text), Named(right[text])), Constant((long)Distance));
        return new Project(join with { Also = Functions.And.Of(earlier, near) }, Same(Input.Schema).ToSequence());
    }
}
