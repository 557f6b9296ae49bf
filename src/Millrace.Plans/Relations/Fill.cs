namespace Millrace.Plans;

public enum FillWith
{
    /// <summary>The last known value before it, in order.</summary>
    Forward,

    /// <summary>The next known value after it, in order.</summary>
    Backward,

    /// <summary>A constant.</summary>
    Value,

    /// <summary>The mean of the known ones; the column becomes float64.</summary>
    Mean,

    /// <summary>Their median; the column becomes float64.</summary>
    Median,
}

/// <summary>Known values in the place of nulls. What no known value reaches stays null.</summary>
/// <param name="Within">Values fill only rows that are equal in these columns.</param>
/// <param name="OrderBy">What before and after mean.</param>
/// <param name="Value">The constant, for <see cref="FillWith.Value"/>.</param>
public sealed record Fill(Relation Input, Sequence<string> Columns, FillWith With, Sequence<string> Within = default, Sequence<SortKey> OrderBy = default, LiteralExpr? Value = null)
    : RichRelation(Input)
{
    public override Relation Lower()
    {
        if ((With == FillWith.Value) != (Value is not null)) throw new PlanException("A fill with a value, and no other, names the value.");
        if (With is FillWith.Forward or FillWith.Backward && OrderBy.Count == 0)
            throw new PlanException($"A {With.ToString().ToLowerInvariant()} fill needs an order: say by which columns rows follow each other.");
        var within = Within.Select(w => (Expr)Named(Input.Schema[w].Name)).ToSequence();
        return new Compute(Input, Columns.Select(c => new NamedExpr(c, Filled(Input.Schema[c], within))).ToSequence());
    }

    Expr Filled(Field field, Sequence<Expr> within)
    {
        var value = Named(field.Name);
        return With switch
        {
            FillWith.Forward => new WindowExpr(new RankExpr(RankKind.LastKnown, [value]), within, OrderBy),
            FillWith.Backward => new WindowExpr(new RankExpr(RankKind.NextKnown, [value]), within, OrderBy),
            FillWith.Mean => Functions.Coalesce.Of(Number(), new WindowExpr(Aggregate.Average.Of(value), within, [])),
            FillWith.Median => Functions.Coalesce.Of(Number(), new WindowExpr(Aggregate.Median.Of(value), within, [])),
            _ => Functions.Coalesce.Of(value, Value!),
        };

        CastExpr Number() => field.Type.IsNumeric
            ? new CastExpr(value, DataType.Float64)
            : throw new PlanException($"'{field}' is not a number, so it has no {With.ToString().ToLowerInvariant()}. Fill it with a value, forward or backward.");
    }
}
