using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Leaves out the columns of a core plan that nobody reads, down to the scans.</summary>
sealed class ColumnPruning
{
    readonly Dictionary<Relation, HashSet<string>> asked = new(ReferenceEqualityComparer.Instance);
    readonly Dictionary<Relation, Relation> done = new(ReferenceEqualityComparer.Instance);

    internal static Relation Prune(Relation plan)
    {
        var pruning = new ColumnPruning();
        // Once to learn what all readers of a shared step ask of it, once to give it to them.
        pruning.All(plan);
        pruning.done.Clear();
        return pruning.All(plan);
    }

    Relation All(Relation plan) => Prune(plan, [.. plan.Schema.Names]);

    Relation Prune(Relation plan, HashSet<string> wanted)
    {
        if (asked.TryGetValue(plan, out var before))
        {
            if (wanted.IsSubsetOf(before) && done.TryGetValue(plan, out var known)) return known;
            wanted = [.. wanted, .. before];
        }
        asked[plan] = wanted;
        return done[plan] = Pruned(plan, wanted);
    }

    Relation Pruned(Relation plan, HashSet<string> wanted)
    {
        switch (plan)
        {
            case Scan scan:
                // Rows are to be counted even where none of their columns is read: by the first that the scan has.
                var own = scan.Columns is { Count: > 0 } some ? [.. some] : scan.Source.Schema.Names.ToList();
                var read = scan.Schema.Names.Where(n => !(scan.Provenance && Provenance.Is(n)) && wanted.Contains(n)).DefaultIfEmpty(own.FirstOrDefault()).OfType<string>().ToList();
                return read.Count == scan.Source.Schema.Count ? scan : scan with { Columns = read.ToSequence() };
            case Filter filter:
                return filter with { Input = Prune(filter.Input, Plus(wanted, filter.Input, filter.Condition)) };
            case Check check:
                return check with { Input = Prune(check.Input, Plus([.. wanted, .. Origin(check.Input), .. check.Column is { } c ? [check.Input.Schema[c].Name] : (string[])[]], check.Input, check.Condition)) };
            case Sort sort:
                return sort with { Input = Prune(sort.Input, Plus(wanted, sort.Input, [.. sort.Keys.Select(k => k.Value)])) };
            case Limit or Sample:
                return plan.WithInputs([Prune(plan.Inputs[0], wanted)]);
            case Project project:
                // A column that nobody reads may still be why a row is refused.
                var kept = project.Rejects ? project.Columns : Kept(project.Columns, wanted);
                return project with { Input = Prune(project.Input, Plus(project.Rejects ? Origin(project.Input) : [], project.Input, [.. kept.Select(k => k.Value)])), Columns = kept };
            case Group group:
                var values = group.Keys.Count > 0 && !group.Values.Any(v => wanted.Contains(v.Name)) ? [] : Kept(group.Values, wanted);
                return group with { Values = values, Input = Prune(group.Input, Plus([], group.Input, [.. group.Keys.Concat(values).Select(k => k.Value)])) };
            case Window window:
                var added = window.Values.Where(v => wanted.Contains(v.Name)).ToList();
                var below = Prune(window.Input, Plus([.. wanted.Where(window.Input.Schema.Contains)], window.Input, [.. added.Select(v => v.Value)]));
                return added.Count == 0 ? below : window with { Input = below, Values = added.ToSequence() };
            case Join join:
                return PrunedJoin(join, wanted);
            case SetOperation { Kind: SetKind.UnionAll } union:
                var places = Enumerable.Range(0, union.Schema.Count).Where(i => wanted.Contains(union.Schema[i].Name)).DefaultIfEmpty(0).ToList();
                return union with { Left = Only(union.Left, places), Right = Only(union.Right, places) };
            case Flatten flatten:
                return flatten with { Input = Prune(flatten.Input, [.. wanted, flatten.Input.Schema[flatten.Column].Name]) };
            case Unpivot unpivot:
                return unpivot with { Input = Prune(unpivot.Input, [.. wanted.Where(unpivot.Input.Schema.Contains), .. unpivot.Columns.Select(c => unpivot.Input.Schema[c].Name)]) };
            default:
                // Of distinct rows and their like every column counts.
                return plan.WithInputs([.. plan.Inputs.Select(All)]);
        }
    }

    static Sequence<NamedExpr> Kept(Sequence<NamedExpr> columns, HashSet<string> wanted)
    {
        var kept = columns.Where(c => wanted.Contains(c.Name)).ToSequence();
        return kept.Count == 0 && columns.Count > 0 ? [columns[0]] : kept;
    }

    // The columns of a union meet by place, so both sides keep the same places in the same order.
    Relation Only(Relation side, List<int> places)
    {
        var names = places.Select(p => side.Schema[p].Name).ToList();
        var pruned = Prune(side, [.. names]);
        return pruned.Schema.Names.SequenceEqual(names) ? pruned : new Project(pruned, names.Select(n => new NamedExpr(n, new ColumnExpr(n))).ToSequence());
    }

    Join PrunedJoin(Join join, HashSet<string> wanted)
    {
        var (left, right) = (join.Left.Schema, join.Right.Schema);
        var names = join.RightNames;
        var all = join.Also is { } also ? [.. wanted, .. also.ColumnNames.Select(n => Joined(n))] : wanted;
        var keys = join.AsOf is { } asOf ? join.Keys.Append(asOf).ToList() : [.. join.Keys];
        var fromLeft = Plus([.. left.Names.Where(all.Contains)], join.Left, [.. keys.Select(k => k.Left)]);
        var fromRight = Plus([.. right.Names.Where((_, i) => all.Contains(names[i]))], join.Right, [.. keys.Select(k => k.Right)]);
        // A right column is called name_right because the left has that name: where it stays, so must what it is named for.
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i] != right[i].Name && fromRight.Contains(right[i].Name))
                foreach (var other in left.Names.Where(n => names[i].StartsWith(n, StringComparison.Ordinal))) fromLeft.Add(other);
        }
        var pruned = join with { Left = Prune(join.Left, fromLeft), Right = Prune(join.Right, fromRight) };
        var kept = pruned.RightNames;
        return pruned.Right.Schema.Names.Select((n, i) => names[right.IndexOf(n)] == kept[i]).All(same => same) ? pruned
            : join with { Left = All(join.Left), Right = All(join.Right) };

        string Joined(string name) => new Schema(left.Concat(right.Zip(names, (f, n) => f with { Name = n })))[name].Name;
    }

    static HashSet<string> Origin(Relation input) => [.. input.Schema.Names.Where(Provenance.Is)];

    static HashSet<string> Plus(HashSet<string> wanted, Relation input, params IReadOnlyList<Expr> expressions) =>
        [.. wanted, .. expressions.SelectMany(e => e.ColumnNames).Select(n => input.Schema[n].Name)];
}
