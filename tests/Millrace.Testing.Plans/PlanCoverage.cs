using Millrace.Data;
using Millrace.Plans;

namespace Millrace.Testing.Plans;

/// <summary>What of the language of plans has been seen in some plans: read off the catalogues, so that what is added there is missed here.</summary>
public sealed class PlanCoverage
{
    readonly HashSet<string> missing =
    [
        .. Subclasses(typeof(Relation)), .. Subclasses(typeof(Expr)),
        .. Functions.All.Select(f => $"function {f.Name}"),
        .. Aggregate.Catalogue.Select(a => $"aggregate {a.Name}"),
        .. Kinds<RankKind>(), .. Kinds<JoinKind>(), .. Kinds<SetKind>(), .. Kinds<FillWith>(), .. Kinds<BinBy>(), .. Kinds<PartsMismatch>(), .. Kinds<LookupMiss>(), .. Kinds<Keep>(),
        .. Kinds<TypeKind>(),
    ];

    /// <summary>What no plan had so far.</summary>
    public IEnumerable<string> Missing => missing.Order(StringComparer.Ordinal);

    public void Add(Relation plan)
    {
        foreach (var step in Steps(plan).Concat(Steps(Lowering.Lower(plan))))
        {
            missing.Remove(step.GetType().Name);
            foreach (var field in step.Schema) Add(field.Type);
            foreach (var kind in Kinds(step)) missing.Remove($"{kind.GetType().Name} {kind}");
            foreach (var expr in Expressions(step).SelectMany(e => e.All())) Add(expr);
        }
    }

    void Add(Expr expr)
    {
        missing.Remove(expr.GetType().Name);
        switch (expr)
        {
            case CallExpr call: missing.Remove($"function {call.Function.Name}"); break;
            case AggregateExpr aggregate: missing.Remove($"aggregate {aggregate.Aggregate.Name}"); break;
            case RankExpr rank: missing.Remove($"{nameof(RankKind)} {rank.Kind}"); break;
            case LiteralExpr literal: Add(literal.Type); break;
        }
    }

    void Add(DataType type)
    {
        missing.Remove($"{nameof(TypeKind)} {type.Kind}");
        switch (type)
        {
            case ListType list: Add(list.Item.Type); break;
            case MapType map: Add(map.Value.Type); break;
            case StructType made: foreach (var field in made.Fields) Add(field.Type); break;
        }
    }

    static IEnumerable<Enum> Kinds(Relation step) => step switch
    {
        Join join => [join.Kind],
        SetOperation set => [set.Kind],
        Fill fill => [fill.With],
        Bin bin => [bin.By],
        SplitColumn split => [split.Mismatch],
        Lookup lookup => [lookup.Miss],
        Deduplicate deduplicate => [deduplicate.Keep],
        _ => [],
    };

    static IEnumerable<Expr> Expressions(Relation step) => step switch
    {
        Filter filter => [filter.Condition],
        Check check => [check.Condition],
        Project project => project.Columns.Select(c => c.Value),
        Sort sort => sort.Keys.Select(k => k.Value),
        Group group => group.Keys.Concat(group.Values).Select(v => v.Value),
        Window window => window.Values.Select(v => v.Value),
        Join join => join.Keys.SelectMany(k => (Expr[])[k.Left, k.Right]).Concat(join.Also is { } also ? [also] : []),
        _ => [],
    };

    static IEnumerable<Relation> Steps(Relation plan) => plan.Inputs.SelectMany(Steps).Prepend(plan);

    static IEnumerable<string> Subclasses(Type type) =>
        type.Assembly.GetTypes().Where(t => t.IsSubclassOf(type) && !t.IsAbstract).Select(t => t.Name);

    static IEnumerable<string> Kinds<T>() where T : struct, Enum => Enum.GetValues<T>().Select(k => $"{typeof(T).Name} {k}");
}
