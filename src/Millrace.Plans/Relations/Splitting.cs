using System.Text;

namespace Millrace.Plans;

/// <summary>The parts of a text between separators, each as a column, in the place of the text. Null has null parts.</summary>
/// <param name="KeepText">Whether the split column stays, before its parts.</param>
public sealed record SplitColumn(Relation Input, string Column, string Separator, Sequence<string> Into, PartsMismatch Mismatch = PartsMismatch.Reject, bool KeepText = false)
    : RichRelation(Input)
{
    public override Relation Lower()
    {
        if (Into.Count == 0 || Separator.Length == 0) throw new PlanException($"To split '{Column}' takes a separator and the names of the columns that its parts become.");
        var at = Input.Schema.IndexOf(Column);
        Expr text = new ColumnExpr(Input.Schema[at].Name);
        var count = Functions.ItemCount.Of(Functions.Split.Of(text, LiteralExpr.Of(Separator)));
        Expr fits = Functions.Equals.Of(count, LiteralExpr.Of(Into.Count));
        var parts = Into.Select((name, i) => new NamedExpr(name, Part(text, i))).ToList();
        var input = Input;
        switch (Mismatch)
        {
            case PartsMismatch.Reject:
                input = new Check(Input, $"{Input.Schema[at].Name} has {Into.Count} parts", Functions.Or.Of(Functions.IsNull.Of(text), fits), Input.Schema[at].Name);
                break;
            case PartsMismatch.Null:
                parts = [.. parts.Select(p => p with { Value = new CaseExpr([new CaseBranch(fits, p.Value)], LiteralExpr.Of(null)) })];
                break;
            case PartsMismatch.Rest:
                parts[^1] = parts[^1] with { Value = Rest(text, count) };
                break;
        }
        var before = Same(Input.Schema.Take(KeepText ? at + 1 : at));
        return new Project(input, before.Concat(parts).Concat(Same(Input.Schema.Skip(at + 1))).ToSequence());
    }

    CallExpr Part(Expr text, int part) => Functions.SplitPart.Of(text, LiteralExpr.Of(Separator), LiteralExpr.Of(part));

    Expr Rest(Expr text, Expr count)
    {
        if (Into.Count == 1) return text;
        var separator = Separator.EnumerateRunes().Count();
        Expr start = LiteralExpr.Of(separator * (Into.Count - 1));
        for (var i = 0; i < Into.Count - 1; i++) start = Functions.Add.Of(start, Functions.Length.Of(Part(text, i)));
        return new CaseExpr([new CaseBranch(Functions.GreaterOrEqual.Of(count, LiteralExpr.Of(Into.Count)), Functions.Substring.Of(text, start))], LiteralExpr.Of(null));
    }
}

/// <summary>What the named groups of a pattern's first match hold, each as a column added that is called like its group.</summary>
/// <param name="NullWithoutMatch">Whether a text that the pattern doesn't match has null in all of them; otherwise its row is refused.</param>
public sealed record ExtractColumns(Relation Input, string Column, string Pattern, bool NullWithoutMatch = false) : RichRelation(Input)
{
    public override Relation Lower()
    {
        var text = new ColumnExpr(Input.Schema[Column].Name);
        var (plain, groups) = Groups();
        if (groups.Count == 0) throw new PlanException($"The pattern '{Pattern}' has no named group, so there is no column to extract. Write a group as (?<name>...).");
        var input = NullWithoutMatch
            ? Input
            : new Check(Input, $"{text.Name} matches {Pattern}", Functions.Or.Of(Functions.IsNull.Of(text), Functions.Matches.Of(text, LiteralExpr.Of(plain))), text.Name);
        return new Compute(input, groups.Select(g => new NamedExpr(g.Name, Functions.Extract.Of(text, LiteralExpr.Of(plain), LiteralExpr.Of(g.Number)))).ToSequence());
    }

    /// <summary>The columns that the pattern makes.</summary>
    internal IReadOnlyList<string> GroupNames => [.. Groups().Groups.Select(g => g.Name)];

    // PostgreSQL has no named groups, and .NET numbers them after the others: so the names are taken out, and groups are
    // counted by their opening brackets, as all do without names.
    (string Plain, List<(string Name, int Number)> Groups) Groups()
    {
        var (plain, groups, number, inClass) = (new StringBuilder(), new List<(string, int)>(), 0, false);
        for (var i = 0; i < Pattern.Length; i++)
        {
            var c = Pattern[i];
            plain.Append(c);
            if (c == '\\' && i + 1 < Pattern.Length) plain.Append(Pattern[++i]);
            else if (inClass) inClass = c != ']' || Pattern[i - 1] == '[';
            else if (c == '[') inClass = true;
            else if (c == '(' && Name(i) is var (name, end))
            {
                groups.Add((name, ++number));
                i = end;
            }
            else if (c == '(' && !Pattern.AsSpan(i).StartsWith("(?")) number++;
        }
        return (plain.ToString(), groups);
    }

    // The name of the group that opens here, and where its name ends: (?<name> and (?P<name> are alike.
    (string Name, int End)? Name(int open)
    {
        var rest = Pattern.AsSpan(open);
        var start = rest.StartsWith("(?<") ? 3 : rest.StartsWith("(?P<") ? 4 : 0;
        if (start == 0 || rest.Length == start || rest[start] is '=' or '!') return null;
        var end = rest.IndexOf('>');
        return end > start ? (rest[start..end].ToString(), open + end) : throw new PlanException($"The pattern '{Pattern}' has a group whose name doesn't end at character {open + 1}.");
    }
}
