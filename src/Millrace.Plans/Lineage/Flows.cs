namespace Millrace.Data;

/// <summary>What flows out of a step: for each column its origins, and those that decide which rows there are.</summary>
sealed record Flow(IReadOnlyList<IReadOnlyList<Origin>> Columns, IReadOnlyList<Origin> Rows);

/// <summary>Follows columns from the sources through the steps of a plan.</summary>
sealed class Flows
{
    readonly Dictionary<Relation, Flow> done = new(ReferenceEqualityComparer.Instance);

    // The step that people said while what it was lowered to is followed.
    string? said;

    /// <summary>Lets the columns of that step be origins of their own, so that one looks no further.</summary>
    internal void StartAt(Relation step, ISource source) =>
        done[step] = new([.. step.Schema.Select(f => (IReadOnlyList<Origin>)[new Origin(source, f.Name, Manner.Copied, [])])], []);

    internal Flow Of(Relation step)
    {
        if (done.TryGetValue(step, out var known)) return known;
        var outer = said;
        // Inputs first: they are no part of the step that is lowered.
        foreach (var input in step.Inputs) Of(input);
        Flow flow;
        if (step is RichRelation or RichJoin)
        {
            said ??= PlanText.Step(step);
            flow = Of(step is RichRelation rich ? rich.Lower() : ((RichJoin)step).Lower());
        }
        else flow = Core(step, said ?? PlanText.Step(step));
        said = outer;
        return done[step] = flow;
    }

    Flow Core(Relation step, string text)
    {
        switch (step)
        {
            case Scan scan:
                return new([.. scan.Schema.Select(f => (IReadOnlyList<Origin>)(Provenance.Is(f.Name) ? [] : [new Origin(scan.Source, scan.Source.Schema[f.Name].Name, Manner.Copied, [])]))], []);
            case Filter filter:
                return Rowwise(filter, filter.Condition);
            case Check check:
                return Rowwise(check, check.Condition);
            case Project project:
                return Of(project.Input) with { Columns = [.. project.Columns.Select(c => Value(c, project.Input, text))] };
            case Window window:
                var below = Of(window.Input);
                return below with { Columns = [.. below.Columns, .. window.Values.Select(v => Value(v, window.Input, text))] };
            case Group group:
                var keys = group.Keys.SelectMany(k => Direct(k.Value, group.Input, Manner.GroupedBy, text));
                return new([.. group.Keys.Concat(group.Values).Select(c => Value(c, group.Input, text))], Merged([.. Of(group.Input).Rows, .. keys]));
            case Limit { Input: Sort sort } limit:
                var order = sort.Keys.SelectMany(k => Direct(k.Value, sort.Input, Manner.OrderedBy, text));
                var sorted = Of(limit.Input);
                return sorted with { Rows = Merged([.. sorted.Rows, .. order]) };
            case Distinct distinct:
                var all = Of(distinct.Input);
                return all with { Rows = Merged([.. all.Rows, .. all.Columns.SelectMany(c => As(c, Manner.GroupedBy, text))]) };
            case Join join:
                return Joined(join, text);
            case SetOperation set:
                return Together(set, text);
            case Unpivot unpivot:
                var input = Of(unpivot.Input);
                var kept = unpivot.Kept.Select(f => input.Columns[unpivot.Input.Schema.IndexOf(f.Name)]);
                var values = unpivot.Columns.SelectMany(c => Through(input.Columns[unpivot.Input.Schema.IndexOf(c)], Manner.Copied, text));
                return input with { Columns = [.. kept, [], Merged(values)] };
            case Flatten flatten:
                var lists = Of(flatten.Input);
                var at = flatten.Input.Schema.IndexOf(flatten.Column);
                return lists with { Columns = [.. lists.Columns.Select((c, i) => i == at ? Merged(Through(c, Manner.Computed, text)) : c)] };
            default:
                return Of(step.Inputs[0]);
        }

        Flow Rowwise(UnaryRelation over, Expr condition)
        {
            var below = Of(over.Input);
            return below with { Rows = Merged([.. below.Rows, .. Direct(condition, over.Input, Manner.FilteredBy, text)]) };
        }
    }

    Flow Joined(Join join, string text)
    {
        var (left, right) = (Of(join.Left), Of(join.Right));
        var pairs = join.AsOf is null ? join.Keys : [.. join.Keys, join.AsOf];
        var by = pairs.SelectMany(k => Direct(k.Left, join.Left, Manner.JoinedBy, text).Concat(Direct(k.Right, join.Right, Manner.JoinedBy, text)));
        IReadOnlyList<IReadOnlyList<Origin>> both = [.. left.Columns, .. right.Columns];
        if (join.Also is { } also)
        {
            var names = join.Left.Schema.Names.Concat(join.RightNames).ToList();
            by = by.Concat(also.ColumnNames.Where(names.Contains).SelectMany(n => As(both[names.IndexOf(n)], Manner.JoinedBy, text)));
        }
        return new(join.Kind is JoinKind.Semi or JoinKind.Anti ? left.Columns : both, Merged([.. left.Rows, .. right.Rows, .. by]));
    }

    Flow Together(SetOperation set, string text)
    {
        var (left, right) = (Of(set.Left), Of(set.Right));
        IEnumerable<Origin> rows = left.Rows.Concat(right.Rows);
        if (set.Kind == SetKind.Except)
            return new(left.Columns, Merged(rows.Concat(left.Columns.Concat(right.Columns).SelectMany(c => As(c, Manner.FilteredBy, text)))));
        if (set.Kind != SetKind.UnionAll) rows = rows.Concat(left.Columns.Concat(right.Columns).SelectMany(c => As(c, Manner.GroupedBy, text)));
        return new([.. left.Columns.Zip(right.Columns, (l, r) => Merged(l.Concat(r)))], Merged(rows));
    }

    // A column of its own name is no step: nothing was made of it.
    IReadOnlyList<Origin> Value(NamedExpr column, Relation input, string text) => column.Value is ColumnExpr same
        ? Of(input).Columns[input.Schema.IndexOf(same.Name)] is var origins && input.Schema[same.Name].Name == column.Name ? origins : Merged(Through(origins, Manner.Copied, text))
        : Merged(Origins(column.Value, input, Manner.Computed, text));

    IEnumerable<Origin> Origins(Expr expr, Relation input, Manner manner, string text) => expr switch
    {
        ColumnExpr column => Through(Of(input).Columns[input.Schema.IndexOf(column.Name)], manner, text),
        AggregateExpr aggregate =>
            aggregate.Arguments.SelectMany(a => Origins(a, input, Manner.Aggregated, text))
            .Concat(aggregate.Where is { } where ? Direct(where, input, Manner.FilteredBy, text) : [])
            .Concat(aggregate.OrderBy.SelectMany(k => Direct(k.Value, input, Manner.OrderedBy, text))),
        WindowExpr window =>
            Origins(window.Value, input, Manner.Aggregated, text)
            .Concat(window.PartitionBy.SelectMany(p => Direct(p, input, Manner.GroupedBy, text)))
            .Concat(window.OrderBy.SelectMany(k => Direct(k.Value, input, Manner.OrderedBy, text))),
        _ => expr.Parts.SelectMany(p => Origins(p, input, manner, text)),
    };

    IEnumerable<Origin> Direct(Expr expr, Relation input, Manner manner, string text) =>
        expr.ColumnNames.SelectMany(c => As(Of(input).Columns[input.Schema.IndexOf(c)], manner, text));

    // What was aggregated stays so, however it is computed on; what only decided about rows goes on doing that.
    static IEnumerable<Origin> Through(IEnumerable<Origin> origins, Manner manner, string text) =>
        origins.Select(o => o with { Manner = o.Manner > manner ? o.Manner : manner, Steps = Then(o.Steps, text) });

    static IEnumerable<Origin> As(IEnumerable<Origin> origins, Manner manner, string text) =>
        origins.Select(o => o with { Manner = manner, Steps = Then(o.Steps, text) });

    static Sequence<string> Then(Sequence<string> steps, string text) => steps.Count > 0 && steps[^1] == text ? steps : [.. steps, text];

    // One way is enough to say that a column has to do with another, and in what manner.
    static List<Origin> Merged(IEnumerable<Origin> origins) => [.. origins.DistinctBy(o => (o.Source, o.Column, o.Manner))];
}
