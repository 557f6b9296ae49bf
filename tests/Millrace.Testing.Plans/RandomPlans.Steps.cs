using Millrace.Data;
using Millrace.Plans;

namespace Millrace.Testing.Plans;

public sealed partial class RandomPlans
{
    Scope Step(Scope scope)
    {
        for (var tries = 0; ; tries++)
        {
            var next = random.Next(options.Rich && random.Next(2) == 0 ? 28 : 16) switch
            {
                0 or 1 => Keep(new Filter(scope.Plan, exprs.Condition(scope))),
                2 or 3 => Projected(scope),
                4 => Limited(scope) ?? Sorted(scope),
                5 => scope.Distinguishable ? Keep(new Distinct(scope.Plan)) : null,
                6 or 7 => Grouped(scope),
                8 => options.Windows ? Windowed(scope) : null,
                9 => Unpivoted(scope),
                10 => options.OrderDependent && scope.Ordered ? Keep(new Sample(scope.Plan, random.NextDouble(), random.Next(100))) : null,
                11 => options.Rejects ? Refusing(scope) : null,
                12 => Sorted(scope),
                13 => options.Nested ? Flattened(scope) : null,
                14 => options.Nested ? Structured(scope) : null,
                15 => options.Queries ? Keep(new Query("FROM \"the rows\"", [new QueryTable("the rows", scope.Plan)], scope.Schema)) : null,
                _ => Rich(scope),
            };
            if (next is not null) return next;
            if (tries > 50) return Keep(new Filter(scope.Plan, exprs.Condition(scope)));
        }

        Scope Keep(Relation plan) => scope with { Plan = plan };
    }

    Scope Projected(Scope scope)
    {
        var kept = Some(scope.Columns);
        var made = Enumerable.Range(0, random.Next(3)).Select(_ => exprs.Of(scope, values.Pick(options.Types), 2)).ToList();
        return new(
            new Project(scope.Plan, [.. Same(kept.Select(k => k.Field)), .. made.Select(m => new NamedExpr(Name(), m.Expr))]),
            [.. kept.Select(k => k.Trait), .. made.Select(m => m.Trait)]);
    }

    Scope Sorted(Scope scope) =>
        scope.Keys.Count == 0 ? scope : scope with { Plan = new Sort(scope.Plan, Some(scope.Keys, 3).Select(k => new SortKey(Column(k), random.Next(2) == 0, random.Next(3) == 0)).ToSequence()) };

    // By a rule, or because a value has no result: the one engine that refuses must refuse what the others would fail for.
    Scope Refusing(Scope scope)
    {
        var texts = scope.Columns.Where(c => c.Field.Type.Kind == TypeKind.Text).ToList();
        var numbers = scope.Columns.Where(c => c is { Field.Type.Kind: TypeKind.Int32, Trait: { Tame: true, Exact: true } }).ToList();
        // A reject shows the value to its last digit.
        var exact = scope.Columns.Where(c => c.Trait.Exact).ToList();
        Made? failing = random.Next(3) switch
        {
            0 when texts.Count > 0 => new(new CastExpr(Column(values.Pick(texts).Field), values.Pick([DataType.Int32, DataType.Float64, DataType.Date])), Trait.Wild),
            1 when numbers.Count > 0 => new(Functions.Divide.Of(LiteralExpr.Of(1000), Column(values.Pick(numbers).Field)), Trait.Known),
            _ => null,
        };
        return failing is { } made
            ? new(new Project(scope.Plan, [.. Same(scope.Schema), new NamedExpr(Name(), made.Expr)], Rejects: true), [.. scope.Traits, made.Trait])
            : scope with { Plan = new Check(scope.Plan, "rule", exprs.Condition(scope), random.Next(4) == 0 || exact.Count == 0 ? null : values.Pick(exact).Field.Name) };
    }

    Scope? Limited(Scope scope)
    {
        if (options.OrderDependent && scope.Ordered && random.Next(2) == 0) return scope with { Plan = new Limit(scope.Plan, random.Next(4) == 0 ? null : random.Next(40), random.Next(5)) };
        if (!scope.Sortable) return null;
        var keys = scope.WholeOrder.Select(k => k with { Descending = random.Next(2) == 0, NullsFirst = random.Next(3) == 0 }).ToSequence();
        return scope with { Plan = new Limit(new Sort(scope.Plan, keys), random.Next(40), random.Next(3) == 0 ? random.Next(5) : 0) };
    }

    Scope? Grouped(Scope scope)
    {
        var keys = random.Next(4) == 0 ? [] : Some(scope.Groupable, 2);
        var cells = Enumerable.Range(0, random.Next(1, 4)).Select(_ => Cell(scope)).ToList();
        if (random.Next(4) == 0 && options.Nested && scope.Sortable && keys.Count > 0)
        {
            var list = Aggregate.List.Of(Column(values.Pick(scope.Keys))) with { OrderBy = scope.WholeOrder };
            cells.Add(new(list, Trait.Wild));
        }
        return new(
            new Group(scope.Plan, Same(keys).ToSequence(), cells.Select(c => new NamedExpr(Name(), c.Expr)).ToSequence()),
            [.. keys.Select(k => TraitOf(scope, k)), .. cells.Select(c => c.Trait)]);
    }

    Made Cell(Scope scope)
    {
        var keys = scope.Keys;
        if (keys.Count == 0) return new(Aggregate.Count.Of(), Trait.Wild);
        var field = values.Pick(keys);
        var trait = TraitOf(scope, field);
        var where = random.Next(4) == 0 ? exprs.Condition(scope, 1) : null;
        var order = scope.Sortable ? scope.WholeOrder : [];
        var hasOrder = scope.Sortable || options.OrderDependent && scope.Ordered;
        Made made = random.Next(11) switch
        {
            0 => new(Aggregate.Count.Of(), Trait.Wild),
            1 => new(Aggregate.Count.Of(Column(field)) with { Distinct = random.Next(2) == 0 }, Trait.Wild),
            2 => new(Aggregate.Min.Of(Column(field)), trait),
            3 => new(Aggregate.Max.Of(Column(field)), trait),
            4 when hasOrder => new(values.Pick([Aggregate.First, Aggregate.Last]).Of(Column(field)) with { OrderBy = order }, trait),
            5 when field.Type.Kind == TypeKind.Boolean => new(values.Pick([Aggregate.All, Aggregate.Any]).Of(Column(field)), Trait.Known),
            6 when hasOrder && field.Type.Kind is TypeKind.Text or TypeKind.Enum => new(Aggregate.Join.Of(Column(field), LiteralExpr.Of(", ")) with { OrderBy = order }, Trait.Wild),
            7 when field.Type.Kind == TypeKind.Duration && trait.Tame => new(Aggregate.Sum.Of(Column(field)), Trait.Wild),
            _ when scope.Columns.Where(c => c is { Field.Type.IsNumeric: true, Trait: { Tame: true, Exact: true, Bound: < 1e5 } }).ToList() is { Count: > 0 } numbers => Number(values.Pick(numbers).Field),
            _ => new(Aggregate.Count.Of(), Trait.Wild),
        };
        return where is null ? made : made with { Expr = ((AggregateExpr)made.Expr) with { Where = where } };

        Made Number(Field number) => random.Next(6) switch
        {
            0 => new(Aggregate.Average.Of(Column(number)), Trait.Inexact),
            1 => new(Aggregate.Median.Of(Column(number)), Trait.Inexact),
            2 => new(Aggregate.Percentile.Of(Column(number), LiteralExpr.Of(0.25)), Trait.Inexact),
            3 => new(values.Pick([Aggregate.Deviation, Aggregate.Variance]).Of(Column(number)), Trait.Inexact),
            _ => new(Aggregate.Sum.Of(Column(number)), number.Type.IsFloat ? Trait.Inexact : Trait.Wild),
        };
    }

    Scope? Windowed(Scope scope)
    {
        if (!scope.Sortable) return null;
        // Of equal rows, each window may number another one first: two of them side by side have more than one right answer.
        var added = new List<Made> { Over(scope) };
        return new(
            new Window(scope.Plan, added.Select(a => new NamedExpr(Name(), a.Expr)).ToSequence()),
            [.. scope.Traits, .. added.Select(a => a.Trait)]);
    }

    Made Over(Scope scope)
    {
        var within = random.Next(3) == 0 ? [] : Columns(Some(scope.Keys, 2));
        var field = values.Pick(scope.Keys);
        var trait = TraitOf(scope, field);
        // Equal rows change places freely: a running value over them is the same multiset of values.
        var order = scope.WholeOrder;
        switch (random.Next(11))
        {
            case 0: return new(new WindowExpr(new RankExpr(RankKind.RowNumber, []), within, order), Trait.Wild);
            case 1: return new(new WindowExpr(new RankExpr(values.Pick([RankKind.Rank, RankKind.DenseRank]), []), within, [new SortKey(Column(field), random.Next(2) == 0)]), Trait.Wild);
            case 2: return new(new WindowExpr(new RankExpr(values.Pick([RankKind.Lag, RankKind.Lead]), [Column(field), LiteralExpr.Of(random.Next(1, 3))]), within, order), trait);
            case 3: return new(new WindowExpr(new RankExpr(values.Pick([RankKind.LastKnown, RankKind.NextKnown, RankKind.FirstValue]), [Column(field)]), within, order), trait);
            case 4: return new(new WindowExpr(Aggregate.Count.Of(Column(field)), within, order, Frame()), Trait.Wild);
            case 5: return new(new WindowExpr(new RankExpr(values.Pick([RankKind.PercentRank, RankKind.CumulativeShare]), []), within, [new SortKey(Column(field), random.Next(2) == 0)]), Trait.Inexact);
            case 6: return new(new WindowExpr(new RankExpr(RankKind.Bucket, [LiteralExpr.Of(random.Next(1, 5))]), within, order), Trait.Wild);
            case 7: return new(new WindowExpr(new RankExpr(values.Pick([RankKind.FirstValue, RankKind.LastValue]), [Column(field)]), within, order, Frame()), trait);
            case 8: return new(new WindowExpr(values.Pick([Aggregate.Min, Aggregate.Max]).Of(Column(field)), within, order, Frame()), trait);
            default:
                var numbers = scope.Columns.Where(c => c is { Field.Type.IsInteger: true, Trait: { Tame: true, Bound: < 1e5 } }).ToList();
                Expr of = numbers.Count == 0 ? Aggregate.Count.Of() : Aggregate.Sum.Of(Column(values.Pick(numbers).Field));
                return new(new WindowExpr(of, within, random.Next(2) == 0 ? [] : order, null), Trait.Wild);
        }
    }

    WindowFrame Frame() => random.Next(3) switch
    {
        0 => new(null, random.Next(3)),
        1 => new(-random.Next(3), null),
        _ => new(-random.Next(3), random.Next(3)),
    };

    Scope? Unpivoted(Scope scope)
    {
        var type = values.Pick(scope.Schema).Type;
        var fields = scope.Columns.Where(c => c.Field.Type == type).ToList();
        if (fields.Count < 2 || type.IsNested) return null;
        var kept = scope.Columns.Except(fields).ToList();
        var trait = fields.Select(f => f.Trait).Aggregate((a, b) => new(a.Tame && b.Tame, a.Exact && b.Exact, Math.Max(a.Bound, b.Bound)));
        return new(
            new Unpivot(scope.Plan, fields.Select(f => f.Field.Name).ToSequence(), Name(), Name()),
            [.. kept.Select(k => k.Trait), Trait.Wild, trait]);
    }
}
