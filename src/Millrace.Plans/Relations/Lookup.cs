namespace Millrace.Plans;

/// <summary>
/// Columns of a reference beside the rows that they belong to. A reference that has a key twice fails the run, since it
/// would multiply rows.
/// </summary>
/// <param name="Right">The reference.</param>
/// <param name="Take">What of the reference becomes columns.</param>
/// <param name="Miss">What becomes of a row whose key the reference doesn't have; null is such a key.</param>
/// <param name="Defaults">A constant for each column taken, by its name, for <see cref="LookupMiss.Default"/>.</param>
/// <param name="Name">What rejects call it.</param>
public sealed record Lookup(Relation Left, Relation Right, Sequence<JoinKey> Keys, Sequence<NamedExpr> Take, LookupMiss Miss = LookupMiss.Reject, Sequence<NamedExpr> Defaults = default, string? Name = null)
    : RichJoin(Left, Right)
{
    const string Hit = "$hit", Times = "$times";

    string Title => Name is null ? "lookup" : $"lookup {Name}";

    public override Relation Lower()
    {
        if (Keys.Count == 0 || Take.Count == 0) throw new PlanException($"A {Title} needs keys and the columns to take.");
        if (Take.FirstOrDefault(t => Left.Schema.Contains(t.Name)) is { } taken)
            throw new PlanException($"There is a column '{taken.Name}' already. Let the {Title} take it under another name, or drop the old one.");
        if (Miss != LookupMiss.Default && Defaults.Count > 0) throw new PlanException($"A {Title} with defaults says that they are for its misses.");

        var keys = Keys.Select((k, i) => new NamedExpr($"$key{i}", k.Right)).ToList();
        Relation reference = new Project(Right, [.. keys, .. Take, new NamedExpr(Hit, Constant(true))]);
        var names = keys.Select(k => (Expr)Named(k.Name)).ToSequence();
        reference = new Window(reference, [new NamedExpr(Times, new WindowExpr(Aggregate.Count.Of(), names, []))]);
        reference = new Check(reference, $"{Title} has each key once", Functions.Equals.Of(Named(Times), Constant(1L)), "$key0", Fail: true);

        Relation joined = new Join(Left, reference, JoinKind.Left, Keys.Select((k, i) => new JoinKey(k.Left, Named($"$key{i}"))).ToSequence());
        if (Miss is LookupMiss.Reject or LookupMiss.Fail)
        {
            var shown = Keys[0].Left is ColumnExpr key ? key.Name : null;
            joined = new Check(joined, $"{Title} finds a match", Functions.Not.Of(Functions.IsNull.Of(Named(Hit))), shown, Miss == LookupMiss.Fail);
        }
        return new Project(joined, [.. Same(Left.Schema), .. Take.Select(Taken)]);
    }

    NamedExpr Taken(NamedExpr column)
    {
        if (Miss != LookupMiss.Default) return new(column.Name, Named(column.Name));
        var value = Defaults.FirstOrDefault(d => d.Name == column.Name)?.Value
            ?? throw new PlanException($"A {Title} with defaults needs one for '{column.Name}'.");
        return new(column.Name, new CaseExpr([new CaseBranch(Functions.IsNull.Of(Named(Hit)), value)], Named(column.Name)));
    }
}
