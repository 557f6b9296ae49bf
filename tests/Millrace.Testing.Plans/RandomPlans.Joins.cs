using Millrace.Data;
using Millrace.Plans;

namespace Millrace.Testing.Plans;

public sealed partial class RandomPlans
{
    /// <summary>Two plans as one; where they can't meet, the left one alone.</summary>
    Scope Combine(Scope left, Scope right)
    {
        var pairs = left.Keys.SelectMany(l => right.Keys.Where(r => r.Type == l.Type).Select(r => (Left: l, Right: r))).ToList();
        if (random.Next(5) == 0 && SetOf(left, right) is { } set) return set;
        if (options.OrderDependent && left.Ordered && right.Ordered && random.Next(3) == 0) return Joined(left, right, new Join(left.Plan, right.Plan, JoinKind.Positional));
        if (random.Next(12) == 0)
        {
            // Small on one side: a cross join multiplies.
            var few = right.Sortable ? right with { Plan = new Limit(new Sort(right.Plan, right.WholeOrder), 3) } : null;
            if (few is not null) return Joined(left, few, new Join(left.Plan, few.Plan, JoinKind.Cross));
        }
        if (pairs.Count == 0) return left;
        if (random.Next(6) == 0 && AsOf(left, right) is { } asOf) return asOf;
        if (options.Rich && options.Windows && random.Next(5) == 0 && LookedUp(left, right, values.Pick(pairs)) is { } found) return found;

        var keys = Some(pairs, 2);
        var kind = values.Pick([JoinKind.Inner, JoinKind.Inner, JoinKind.Left, JoinKind.Right, JoinKind.Full, JoinKind.Semi, JoinKind.Anti]);
        var join = new Join(left.Plan, right.Plan, kind, keys.Select(k => new JoinKey(Column(k.Left), Column(k.Right))).ToSequence());
        if (kind is not (JoinKind.Full or JoinKind.Right) && random.Next(3) == 0)
        {
            var (l, r) = values.Pick(pairs);
            var name = join.RightNames[right.Schema.IndexOf(r.Name)];
            join = join with { Also = values.Pick([Functions.NotEquals, Functions.LessOrEqual, Functions.Greater]).Of(Column(l), new ColumnExpr(name)) };
        }
        return Joined(left, right, join);
    }

    // Joins multiply rows, and sums of what was tame would leave it after several.
    static Scope Joined(Scope left, Scope right, Join join) =>
        new(join, [.. left.Traits.Select(Grown), .. join.Kind is JoinKind.Semi or JoinKind.Anti ? [] : right.Traits.Select(Grown)]);

    static Trait Grown(Trait trait) => trait with { Bound = trait.Bound * 8 };

    Scope? SetOf(Scope left, Scope right)
    {
        // For each column of the left one of the same type: a column of the right or a constant.
        var columns = left.Schema.Select(l => right.Columns.FirstOrDefault(r => r.Field.Type == l.Type) is { Field: { } f } found
            ? (Value: (Expr)Column(f), Trait: found.Trait)
            : (Value: l.Type.IsNested ? LiteralExpr.Of(null) : exprs.Constant(l.Type).Expr, Trait: Trait.Known)).ToList();
        var project = new Project(right.Plan, columns.Select((c, i) => new NamedExpr($"s{i}", c.Value)).ToSequence());
        var kinds = left.Distinguishable && columns.All(c => c.Trait.Exact) ? Enum.GetValues<SetKind>() : [SetKind.UnionAll];
        return new(
            new SetOperation(left.Plan, project, values.Pick(kinds)),
            [.. left.Traits.Zip(columns, (a, b) => new Trait(a.Tame && b.Trait.Tame, a.Exact && b.Trait.Exact, Math.Max(a.Bound, b.Trait.Bound)))]);
    }

    Scope? AsOf(Scope left, Scope right)
    {
        var times = left.Keys.Where(l => l.Type.Kind is TypeKind.Int32 or TypeKind.Int64 or TypeKind.Date or TypeKind.Timestamp && right.Keys.Any(r => r.Type == l.Type)).ToList();
        if (times.Count == 0) return null;
        var time = values.Pick(times);
        var at = right.Keys.First(r => r.Type == time.Type);
        // One row a point in time: of two, either could be the last.
        var once = new Group(right.Plan, [new NamedExpr(at.Name, Column(at))], [new NamedExpr(Name(), Aggregate.Count.Of())]);
        var join = new Join(left.Plan, once, JoinKind.AsOf, AsOf: new JoinKey(Column(time), Column(at)));
        return new(join, [.. left.Traits.Select(Grown), TraitOf(right, at), Trait.Wild]);
    }

    Scope? LookedUp(Scope left, Scope right, (Field Left, Field Right) key)
    {
        var once = new Group(new Filter(right.Plan, Functions.Not.Of(Functions.IsNull.Of(Column(key.Right)))), [new NamedExpr(key.Right.Name, Column(key.Right))], [new NamedExpr("n", Aggregate.Count.Of())]);
        var name = Name();
        var miss = values.Pick(options.Rejects ? Enum.GetValues<LookupMiss>() : [LookupMiss.Default, LookupMiss.Null, LookupMiss.Fail]);
        // What would fail the run for a row without a match is given rows with one only.
        var rows = miss == LookupMiss.Fail ? new Join(left.Plan, once, JoinKind.Semi, [new JoinKey(Column(key.Left), Column(key.Right))]) : left.Plan;
        return new(
            new Lookup(rows, once, [new JoinKey(Column(key.Left), Column(key.Right))], [new NamedExpr(name, new ColumnExpr("n"))], miss,
                miss == LookupMiss.Default ? [new NamedExpr(name, LiteralExpr.Of(0L))] : [], "random"),
            [.. left.Traits, Trait.Wild]);
    }
}
