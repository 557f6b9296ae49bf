namespace Millrace.Plans;

public abstract partial record Expr
{
    /// <summary>The expressions that this one is made of, in the order that <see cref="WithParts"/> takes them.</summary>
    public IReadOnlyList<Expr> Parts => this switch
    {
        CallExpr call => call.Arguments,
        CastExpr cast => [cast.Value],
        CaseExpr choice => [.. choice.Branches.SelectMany(b => (IEnumerable<Expr>)[b.When, b.Then]), choice.Else],
        CallbackExpr callback => callback.Arguments,
        AggregateExpr aggregate => [.. aggregate.Arguments, .. aggregate.Where is { } where ? [where] : (Expr[])[], .. aggregate.OrderBy.Select(k => k.Value)],
        WindowExpr window => [window.Value, .. window.PartitionBy, .. window.OrderBy.Select(k => k.Value)],
        RankExpr rank => rank.Arguments,
        StructExpr made => [.. made.Fields.Select(f => f.Value)],
        _ => [],
    };

    /// <summary>The same expression made of other parts, as many as it has.</summary>
    public Expr WithParts(IReadOnlyList<Expr> parts)
    {
        var next = 0;
        switch (this)
        {
            case CallExpr call: return call with { Arguments = Take(call.Arguments.Count) };
            case CastExpr cast: return cast with { Value = parts[0] };
            case CaseExpr choice: return choice with { Branches = choice.Branches.Select(_ => new CaseBranch(parts[next++], parts[next++])).ToSequence(), Else = parts[next] };
            case CallbackExpr callback: return callback with { Arguments = Take(callback.Arguments.Count) };
            case AggregateExpr aggregate:
                return aggregate with
                {
                    Arguments = Take(aggregate.Arguments.Count),
                    Where = aggregate.Where is null ? null : parts[next++],
                    OrderBy = aggregate.OrderBy.Select(k => k with { Value = parts[next++] }).ToSequence(),
                };
            case WindowExpr window:
                return window with
                {
                    Value = parts[next++],
                    PartitionBy = Take(window.PartitionBy.Count),
                    OrderBy = window.OrderBy.Select(k => k with { Value = parts[next++] }).ToSequence(),
                };
            case RankExpr rank: return rank with { Arguments = Take(rank.Arguments.Count) };
            case StructExpr made: return made with { Fields = made.Fields.Select(f => f with { Value = parts[next++] }).ToSequence() };
            default: return this;
        }

        Sequence<Expr> Take(int count)
        {
            next += count;
            return parts.Skip(next - count).Take(count).ToSequence();
        }
    }

    /// <summary>Each part replaced by what <paramref name="change"/> makes of it, inner ones first; itself last.</summary>
    public Expr Rewrite(Func<Expr, Expr> change)
    {
        var parts = Parts;
        if (parts.Count == 0) return change(this);
        var changed = parts.Select(p => p.Rewrite(change)).ToList();
        return change(changed.Zip(parts).All(p => ReferenceEquals(p.First, p.Second)) ? this : WithParts(changed));
    }

    /// <summary>This expression and all that it is made of.</summary>
    public IEnumerable<Expr> All() => Parts.SelectMany(p => p.All()).Prepend(this);

    /// <summary>The names of the columns that it reads, as they are written.</summary>
    public IEnumerable<string> ColumnNames => All().OfType<ColumnExpr>().Select(c => c.Name).Distinct();
}
