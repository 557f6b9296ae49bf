namespace Millrace.Plans;

public enum BinBy
{
    /// <summary>Given edges: bin i reaches from edge i up to but not including edge i + 1; the last bin includes its upper edge.</summary>
    Edges,

    /// <summary>So many bins of equal width between the least value and the greatest.</summary>
    Width,

    /// <summary>So many bins of about equally many rows; equal values share a bin.</summary>
    Quantiles,
}

/// <summary>
/// The bin that each value falls into, as a column added: by edges its label, otherwise its label or, where there are none,
/// its number from 0. Null falls into none and stays null.
/// </summary>
/// <param name="Count">How many bins, where it isn't edges that say so.</param>
/// <param name="Labels">One a bin; without them edges label their bins <c>[0, 10)</c>.</param>
/// <param name="Under">The label of values below the first edge; without one such rows are refused.</param>
/// <param name="Over">The label of values above the last edge.</param>
public sealed record Bin(Relation Input, string Column, string As, BinBy By, Sequence<LiteralExpr> Edges = default, int Count = 0, Sequence<string> Labels = default, string? Under = null, string? Over = null)
    : RichRelation(Input)
{
    public override Relation Lower()
    {
        var field = Input.Schema[Column];
        var bins = By == BinBy.Edges ? Edges.Count - 1 : Count;
        if (bins < 1) throw new PlanException(By == BinBy.Edges ? $"Bins of '{Column}' need at least two edges, and there are {Edges.Count}." : $"'{Column}' can't fall into {Count} bins. Name 1 or more.");
        if (Labels.Count > 0 && Labels.Count != bins) throw new PlanException($"There are {bins} bins of '{Column}' and {Labels.Count} labels. Give each bin one.");
        if (By != BinBy.Edges && !field.Type.IsNumeric) throw new PlanException($"'{field}' is not a number. Bin it by edges, or cast it.");
        if (By != BinBy.Edges && (Under ?? Over) is not null) throw new PlanException("Only bins by edges have values under or over them.");
        return By switch
        {
            BinBy.Edges => ByEdges(field),
            BinBy.Width => ByWidth(field),
            _ => ByQuantiles(field),
        };
    }

    Compute ByEdges(Field field)
    {
        Expr value = Named(field.Name);
        Expr below = Functions.Less.Of(value, Edges[0]), above = Functions.Greater.Of(value, Edges[^1]);
        var outside = Under is null && Over is null ? Functions.Or.Of(below, above) : Under is null ? below : Over is null ? above : null;
        var input = outside is null
            ? Input
            : new Check(Input, $"{field.Name} falls into a bin", Functions.Or.Of(Functions.IsNull.Of(value), Functions.Not.Of(outside)), field.Name);
        var branches = new List<CaseBranch> { new(Functions.IsNull.Of(value), LiteralExpr.Of(null)) };
        if (Under is not null) branches.Add(new(below, LiteralExpr.Of(Under)));
        if (Over is not null) branches.Add(new(above, LiteralExpr.Of(Over)));
        for (var i = 1; i < Edges.Count - 1; i++) branches.Add(new(Functions.Less.Of(value, Edges[i]), LiteralExpr.Of(Label(i - 1))));
        return new Compute(input, [new NamedExpr(As, new CaseExpr(branches.ToSequence(), LiteralExpr.Of(Label(Edges.Count - 2))))]);
    }

    string Label(int bin) => Labels.Count > 0
        ? Labels[bin]
        : $"[{ClrValue.Display(Edges[bin].Value)}, {ClrValue.Display(Edges[bin + 1].Value)}{(bin == Edges.Count - 2 ? ']' : ')')}";

    Compute ByWidth(Field field)
    {
        Expr value = Named(field.Name);
        var input = Input;
        if (field.Type.IsFloat)
        {
            // A width between infinities is none. NaN is greater than every number.
            var finite = Functions.And.Of(
                Functions.GreaterOrEqual.Of(value, LiteralExpr.Of(double.MinValue)),
                Functions.LessOrEqual.Of(value, LiteralExpr.Of(double.MaxValue)));
            input = new Check(Input, $"{field.Name} is a finite number", Functions.Or.Of(Functions.IsNull.Of(value), finite), field.Name);
        }
        Expr number = new CastExpr(value, DataType.Float64);
        var (least, most) = (Over(Aggregate.Min), Over(Aggregate.Max));
        var share = Functions.Divide.Of(Functions.Subtract.Of(number, least), Functions.NullIf.Of(Functions.Subtract.Of(most, least), LiteralExpr.Of(0.0)));
        var bin = new CastExpr(Functions.Floor.Of(Functions.Multiply.Of(share, LiteralExpr.Of((double)Count))), DataType.Int64);
        return Numbered(input, value,
            new CaseBranch(Functions.Equals.Of(least, most), LiteralExpr.Of(0L)),
            // The greatest value belongs to the last bin, whose upper edge it is.
            new CaseBranch(Functions.Equals.Of(number, most), LiteralExpr.Of(Count - 1L)),
            bin);

        Expr Over(Aggregate aggregate) => new WindowExpr(aggregate.Of(number), [], []);
    }

    // Bin k holds the values between the k-th and the next quantile. Counted by ranks and in whole numbers: no rounding
    // moves a value over an edge.
    Compute ByQuantiles(Field field)
    {
        Expr value = Named(field.Name);
        var rank = new WindowExpr(new RankExpr(RankKind.Rank, []), [], [new SortKey(value)]);
        var last = Functions.Subtract.Of(new WindowExpr(Aggregate.Count.Of(value), [], []), LiteralExpr.Of(1L));
        var before = Functions.Multiply.Of(Functions.Subtract.Of(rank, LiteralExpr.Of(1L)), LiteralExpr.Of((long)Count));
        var upTo = Functions.Divide.Of(Functions.Add.Of(before, Functions.Subtract.Of(last, LiteralExpr.Of(1L))), Functions.NullIf.Of(last, LiteralExpr.Of(0L)));
        return Numbered(Input, value,
            new CaseBranch(Functions.Equals.Of(rank, LiteralExpr.Of(1L)), LiteralExpr.Of(0L)),
            null,
            Functions.Subtract.Of(upTo, LiteralExpr.Of(1L)));
    }

    Compute Numbered(Relation input, Expr value, CaseBranch first, CaseBranch? second, Expr otherwise)
    {
        var none = new CaseBranch(Functions.IsNull.Of(value), LiteralExpr.Of(null));
        Expr number = new CaseExpr(second is null ? [none, first] : [none, first, second], otherwise);
        if (Labels.Count == 0) return new Compute(input, [new NamedExpr(As, number)]);
        // Names the number once: it is long.
        var numbered = new Compute(input, [new NamedExpr(As, number)]);
        var branches = Labels.Select((label, i) => new CaseBranch(Functions.Equals.Of(Named(As), LiteralExpr.Of((long)i)), LiteralExpr.Of(label)));
        return new Compute(numbered, [new NamedExpr(As, new CaseExpr(branches.ToSequence(), LiteralExpr.Of(null)))]);
    }
}
