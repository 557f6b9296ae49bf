using Millrace.Data;
using Millrace.Plans;

namespace Millrace.Testing.Plans;

public sealed partial class RandomPlans
{
    Scope? Flattened(Scope scope)
    {
        var lists = scope.Columns.Where(c => c.Field.Type.Kind == TypeKind.List).ToList();
        if (lists.Count == 0) return null;
        var list = values.Pick(lists);
        var traits = scope.Traits.ToList();
        traits[scope.Schema.IndexOf(list.Field.Name)] = list.Trait;
        return new(new Flatten(scope.Plan, list.Field.Name, random.Next(2) == 0), traits);
    }

    /// <summary>A struct of some columns, or the parts of a text as a list.</summary>
    Scope Structured(Scope scope)
    {
        if (random.Next(2) == 0)
        {
            var parts = Functions.Split.Of(exprs.Of(scope, DataType.Text, 1, tame: true).Expr, LiteralExpr.Of(values.Pick([",", "=", "l"])));
            return new(new Compute(scope.Plan, [new NamedExpr(Name(), parts)]), [.. scope.Traits, Trait.Known]);
        }
        var inside = Some(scope.Columns, 3);
        var trait = inside.Select(c => c.Trait).Aggregate(RandomExprs.Both);
        return new(new Compute(scope.Plan, [new NamedExpr(Name(), new StructExpr(Same(inside.Select(c => c.Field)).ToSequence()))]), [.. scope.Traits, trait]);
    }
}
