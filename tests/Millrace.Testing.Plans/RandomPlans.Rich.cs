using Millrace.Data;
using Millrace.Plans;

namespace Millrace.Testing.Plans;

public sealed partial class RandomPlans
{
    Scope? Rich(Scope scope) => random.Next(13) switch
    {
        0 or 1 => Computed(scope),
        2 => Renamed(scope),
        3 => scope.Schema.Count > 1 ? Dropped(scope) : null,
        4 => Reordered(scope),
        5 => Pivoted(scope),
        6 => Nested(scope),
        7 => Binned(scope),
        8 => Filled(scope),
        9 => Deduplicated(scope),
        10 => Converted(scope),
        11 => Near(scope),
        _ => Split(scope),
    };

    Scope? Deduplicated(Scope scope)
    {
        var inOrder = options.OrderDependent && scope.Ordered && random.Next(2) == 0;
        if (!inOrder && !scope.Sortable || scope.Groupable.Count == 0) return null;
        var keys = random.Next(5) == 0 && scope.Distinguishable ? [] : Some(scope.Groupable, 2);
        return scope with { Plan = new Deduplicate(scope.Plan, keys.Select(k => k.Name).ToSequence(), values.Pick([Keep.First, Keep.Last]), inOrder ? [] : scope.WholeOrder) };
    }

    Scope? Near(Scope scope)
    {
        var texts = scope.Columns.Where(c => c.Field.Type.Kind == TypeKind.Text && c.Trait.Exact).Select(c => c.Field).ToList();
        var inOrder = options.OrderDependent && scope.Ordered && random.Next(2) == 0;
        if (texts.Count == 0 || !options.Windows || !inOrder && !scope.Sortable) return null;
        var block = random.Next(2) == 0 ? [] : Some(scope.Keys, 1);
        return scope with { Plan = new DeduplicateNearly(scope.Plan, values.Pick(texts).Name, random.Next(1, 4), block.Select(b => b.Name).ToSequence(), inOrder ? [] : scope.WholeOrder) };
    }

    Scope Computed(Scope scope)
    {
        var traits = scope.Traits.ToList();
        var columns = new List<NamedExpr>();
        for (var i = random.Next(1, 3); i > 0; i--)
        {
            var made = exprs.Of(scope, values.Pick(options.Types), 2);
            if (random.Next(3) == 0 && columns.Count == 0)
            {
                var at = random.Next(scope.Schema.Count);
                columns.Add(new(scope.Schema[at].Name, made.Expr));
                traits[at] = made.Trait;
                continue;
            }
            columns.Add(new(Name(), made.Expr));
            traits.Add(made.Trait);
        }
        return new(new Compute(scope.Plan, columns.ToSequence()), traits);
    }

    Scope Renamed(Scope scope) =>
        scope with { Plan = new Rename(scope.Plan, Some(scope.Schema).Select(f => new ColumnRename(f.Name, Name())).ToSequence()) };

    Scope Dropped(Scope scope)
    {
        var gone = Some(scope.Schema, scope.Schema.Count - 1);
        return new(new Drop(scope.Plan, gone.Select(f => f.Name).ToSequence()), [.. scope.Columns.Where(c => !gone.Contains(c.Field)).Select(c => c.Trait)]);
    }

    Scope Reordered(Scope scope)
    {
        var first = Some(scope.Columns);
        return new(new Reorder(scope.Plan, first.Select(f => f.Field.Name).ToSequence()), [.. first.Select(f => f.Trait), .. scope.Columns.Except(first).Select(c => c.Trait)]);
    }

    Scope? Pivoted(Scope scope)
    {
        if (scope.Keys.Count < 2) return null;
        var on = values.Pick(scope.Keys);
        var keys = Some(scope.Keys.Where(k => k != on), 2);
        var columns = Enumerable.Range(0, random.Next(1, 4)).Select(_ => new PivotValue(Name(), (LiteralExpr)exprs.Constant(on.Type).Expr)).ToSequence();
        var cells = Enumerable.Range(0, random.Next(1, 3)).Select(i => (Name: $"{Name()}", Cell: Cell(scope))).ToList();
        return new(
            new Pivot(scope.Plan, keys.Select(k => k.Name).ToSequence(), on.Name, columns, cells.Select(c => new NamedExpr(c.Name, c.Cell.Expr)).ToSequence()),
            [.. keys.Select(k => TraitOf(scope, k)), .. columns.SelectMany(_ => cells.Select(c => c.Cell.Trait))]);
    }

    Scope? Nested(Scope scope)
    {
        if (!options.Nested || !scope.Sortable || scope.Keys.Count < 2) return null;
        var keys = Some(scope.Keys, Math.Min(2, scope.Keys.Count - 1));
        var nest = new Nest(scope.Plan, keys.Select(k => k.Name).ToSequence(), Name(), OrderBy: scope.WholeOrder);
        return new(nest, [.. keys.Select(k => TraitOf(scope, k)), Trait.Wild]);
    }

    Scope? Binned(Scope scope)
    {
        var numbers = scope.Columns.Where(c => c is { Field.Type.IsNumeric: true, Trait: { Exact: true, Tame: true } }).ToList();
        if (numbers.Count == 0) return null;
        var field = values.Pick(numbers).Field;
        var labels = random.Next(2) == 0 ? (Sequence<string>)["low", "mid", "high"] : [];
        var by = options.Windows ? values.Pick([BinBy.Edges, BinBy.Width, BinBy.Quantiles]) : BinBy.Edges;
        var bin = by == BinBy.Edges
            ? new Bin(scope.Plan, field.Name, Name(), by, [LiteralExpr.Of(-5), LiteralExpr.Of(0), LiteralExpr.Of(4), LiteralExpr.Of(50)], Labels: labels,
                Under: options.Rejects && random.Next(2) == 0 ? null : "under", Over: options.Rejects && random.Next(2) == 0 ? null : "over")
            : new Bin(scope.Plan, field.Name, Name(), by, Count: 3, Labels: labels);
        // Equal width over floats refuses what isn't finite.
        return by == BinBy.Width && field.Type.IsFloat && !options.Rejects ? null : new(bin, [.. scope.Traits, Trait.Wild]);
    }

    Scope? Filled(Scope scope)
    {
        var at = random.Next(scope.Schema.Count);
        var field = scope.Schema[at];
        if (field.Type.IsNested) return null;
        var within = (random.Next(2) == 0 ? [] : Some(scope.Keys, 2)).Select(k => k.Name).ToSequence();
        var number = field.Type.IsNumeric && scope.Traits[at] is { Tame: true, Exact: true };
        var with = values.Pick([FillWith.Value, FillWith.Forward, FillWith.Backward, FillWith.Mean, FillWith.Median]);
        if (with != FillWith.Value && !options.Windows || with is FillWith.Forward or FillWith.Backward && !scope.Sortable || with is FillWith.Mean or FillWith.Median && !number) return null;
        var traits = scope.Traits.ToList();
        if (with is FillWith.Mean or FillWith.Median) traits[at] = Trait.Inexact;
        return new(new Fill(scope.Plan, [field.Name], with, with == FillWith.Value ? [] : within,
            with is FillWith.Forward or FillWith.Backward ? scope.WholeOrder : [],
            with == FillWith.Value ? (LiteralExpr)exprs.Constant(field.Type).Expr : null), traits);
    }

    Scope? Converted(Scope scope)
    {
        var numbers = scope.Columns.Where(c => c is { Field.Type.IsNumeric: true, Trait: { Exact: true, Tame: true } }).ToList();
        if (numbers.Count == 0) return null;
        var (from, to) = values.Pick([("mile", "km"), ("C", "F"), ("GiB", "MB"), ("hour", "s")]);
        return new(new ConvertUnits(scope.Plan, values.Pick(numbers).Field.Name, from, to, Name()), [.. scope.Traits, Trait.Inexact]);
    }

    Scope? Split(Scope scope)
    {
        var texts = scope.Columns.Where(c => c.Field.Type.Kind == TypeKind.Text && c.Trait.Tame).ToList();
        if (texts.Count == 0) return null;
        var text = values.Pick(texts).Field;
        if (random.Next(2) == 0)
            return new(new ExtractColumns(scope.Plan, text.Name, $"(?<g{names++}>[a-z])(=|,)?(?<g{names++}>[0-9a-z])", NullWithoutMatch: !options.Rejects || random.Next(2) == 0), [.. scope.Traits, Trait.Known, Trait.Known]);
        var at = scope.Schema.IndexOf(text.Name);
        var mismatch = options.Rejects ? values.Pick(Enum.GetValues<PartsMismatch>()) : values.Pick([PartsMismatch.Null, PartsMismatch.Rest]);
        var keep = random.Next(2) == 0;
        return new(
            new SplitColumn(scope.Plan, text.Name, values.Pick(["=", ","]), [Name(), Name()], mismatch, keep),
            [.. scope.Traits.Take(keep ? at + 1 : at), Trait.Known, Trait.Known, .. scope.Traits.Skip(at + 1)]);
    }
}
