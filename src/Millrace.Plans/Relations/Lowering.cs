namespace Millrace.Plans;

/// <summary>Turns a plan as people say it into core steps only, with windows in steps of their own.</summary>
static class Lowering
{
    /// <summary>The plan in core steps. A step that two others share is still one after it.</summary>
    internal static Relation Lower(Relation plan) => Lower(plan, new(ReferenceEqualityComparer.Instance));

    static Relation Lower(Relation plan, Dictionary<Relation, Relation> done)
    {
        if (done.TryGetValue(plan, out var known)) return known;
        var inputs = plan.Inputs;
        var lowered = inputs.Select(i => Lower(i, done)).ToList();
        var over = lowered.Zip(inputs).All(i => ReferenceEquals(i.First, i.Second)) ? plan : plan.WithInputs(lowered);
        return done[plan] = over switch
        {
            RichRelation rich => Lower(rich.Lower(), done),
            RichJoin rich => Lower(rich.Lower(), done),
            Project project => Windowed(project.Input, project.Columns.Select(c => c.Value), (input, values) =>
                project with { Input = input, Columns = project.Columns.Zip(values, (c, v) => c with { Value = v }).ToSequence() }),
            Filter filter => Windowed(filter.Input, [filter.Condition], (input, values) =>
                Only(filter.Schema, new Filter(input, values[0]))),
            Check check => Windowed(check.Input, [check.Condition], (input, values) =>
                Only(check.Schema, check with { Input = input, Condition = values[0] })),
            Sort sort => Windowed(sort.Input, sort.Keys.Select(k => k.Value), (input, values) =>
                Only(sort.Schema, new Sort(input, sort.Keys.Zip(values, (k, v) => k with { Value = v }).ToSequence()))),
            _ => over,
        };
    }

    static Relation Windowed(Relation input, IEnumerable<Expr> values, Func<Relation, List<Expr>, Relation> step)
    {
        var windows = new Dictionary<Expr, string>();
        var free = 0;
        var plain = values.Select(v => v.Rewrite(e => e is WindowExpr window ? new ColumnExpr(NameOf(window)) : e)).ToList();
        return step(windows.Count == 0 ? input : new Window(input, windows.Select(w => new NamedExpr(w.Value, w.Key)).ToSequence()), plain);

        string NameOf(WindowExpr window)
        {
            if (windows.TryGetValue(window, out var name)) return name;
            do name = $"$window{free++}";
            while (input.Schema.Contains(name));
            return windows[window] = name;
        }
    }

    static Relation Only(Schema schema, Relation step) =>
        step.Schema.Count == schema.Count ? step : new Project(step, schema.Select(f => new NamedExpr(f.Name, new ColumnExpr(f.Name))).ToSequence());
}
