using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// Takes expressions that SQL can't say out of steps that only a database runs, into a projection below them, which any
/// engine may run: the sum of a text's number becomes the sum of a column.
/// </summary>
static class Hoisting
{
    internal static Relation Apply(Relation plan, Func<Relation, bool> stuck, IEngine database) =>
        Apply(plan, stuck, database, new(ReferenceEqualityComparer.Instance));

    static Relation Apply(Relation plan, Func<Relation, bool> stuck, IEngine database, Dictionary<Relation, Relation> done) =>
        done.TryGetValue(plan, out var known) ? known : done[plan] = Applied(plan, stuck, database, done);

    static Relation Applied(Relation plan, Func<Relation, bool> stuck, IEngine database, Dictionary<Relation, Relation> done)
    {
        var inputs = plan.Inputs.Select(i => Apply(i, stuck, database, done)).ToList();
        var step = inputs.Zip(plan.Inputs).All(i => ReferenceEquals(i.First, i.Second)) ? plan : plan.WithInputs(inputs);
        if (!stuck(step)) return step;
        return step switch
        {
            Group group => Over(group.Input, database, (take, below) =>
            {
                var (keys, values) = (Each(group.Keys, take), Each(group.Values, take));
                return group with { Input = below(), Keys = keys, Values = values };
            }),
            Window window => Over(window.Input, database, (take, below) =>
            {
                var values = Each(window.Values, take);
                return Only(window.Schema, window with { Input = below(), Values = values });
            }),
            Sort sort => Over(sort.Input, database, (take, below) =>
            {
                var keys = sort.Keys.Select(k => k with { Value = take(k.Value) }).ToSequence();
                return Only(sort.Schema, new Sort(below(), keys));
            }),
            Join { Also: null } join => Sides(join, database),
            _ => step,
        };
    }

    static Relation Sides(Join join, IEngine database)
    {
        // A column more on a side could change what the right side's columns are called: keys go in beside both.
        Sequence<JoinKey> keys = [.. join.Keys, .. join.AsOf is { } asOf ? [asOf] : (JoinKey[])[]];
        Sequence<Expr> left = default, right = default;
        var l = Over(join.Left, database, (take, below) =>
        {
            left = keys.Select(k => take(k.Left)).ToSequence();
            return below();
        }, "$l");
        var r = Over(join.Right, database, (take, below) =>
        {
            right = keys.Select(k => take(k.Right)).ToSequence();
            return below();
        }, "$r");
        var pairs = left.Zip(right, (a, b) => new JoinKey(a, b)).ToList();
        return Only(join.Schema, join with { Left = l, Right = r, Keys = pairs.Take(join.Keys.Count).ToSequence(), AsOf = join.AsOf is null ? null : pairs[^1] });
    }

    static Relation Over(Relation input, IEngine database, Func<Func<Expr, Expr>, Func<Relation>, Relation> make, string prefix = "$x")
    {
        var taken = new List<NamedExpr>();
        return make(Take, () => taken.Count == 0 ? input : new Project(input, [.. input.Schema.Names.Select(n => new NamedExpr(n, new ColumnExpr(n))), .. taken]));

        Expr Take(Expr expr)
        {
            var overRows = expr.All().Any(e => e is AggregateExpr or WindowExpr or RankExpr);
            if (!overRows && database.WhyNot(new Project(input, [new NamedExpr("x", expr)])) is null) return expr;
            if (overRows) return expr.Parts.Count == 0 ? expr : expr.WithParts([.. expr.Parts.Select(Take)]);
            if (taken.FirstOrDefault(t => t.Value == expr) is { } known) return new ColumnExpr(known.Name);
            taken.Add(new NamedExpr($"{prefix}{taken.Count}", expr));
            return new ColumnExpr(taken[^1].Name);
        }
    }

    static Sequence<NamedExpr> Each(Sequence<NamedExpr> columns, Func<Expr, Expr> take) =>
        columns.Select(c => c with { Value = take(c.Value) }).ToSequence();

    static Relation Only(Schema schema, Relation step) => step.Schema.Names.SequenceEqual(schema.Names)
        ? step
        : new Project(step, schema.Names.Select(n => new NamedExpr(n, new ColumnExpr(n))).ToSequence());
}
