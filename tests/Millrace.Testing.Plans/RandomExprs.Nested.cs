using Millrace.Data;
using Millrace.Plans;

namespace Millrace.Testing.Plans;

sealed partial class RandomExprs
{
    /// <summary>A value out of a list, a struct or a map; null where no column holds one of that type.</summary>
    Made? Inside(Scope scope, DataType type)
    {
        var found = new List<Made>();
        foreach (var (field, trait) in scope.Columns)
        {
            var column = new ColumnExpr(field.Name);
            if (field.Type is ListType list && list.Item.Type == type) found.Add(new(Functions.Element.Of(column, LiteralExpr.Of(random.Next(-1, 3))), trait));
            if (field.Type is MapType map && map.Value.Type == type) found.Add(new(Functions.Lookup.Of(column, Constant(map.Key.Type).Expr), trait));
            if (field.Type is ListType or MapType && type.Kind == TypeKind.Int32) found.Add(new(Functions.ItemCount.Of(column), Trait.Known));
            if (field.Type is StructType made) found.AddRange(made.Fields.Where(f => f.Type == type).Select(f => new Made(Functions.FieldOf.Of(column, LiteralExpr.Of(f.Name)), trait)));
        }
        return found.Count == 0 ? null : values.Pick(found);
    }

    Made? Called(Scope scope, DataType type, int depth)
    {
        var fits = RandomCallbacks.All.Where(c => c.Type == type).ToList();
        if (fits.Count == 0) return null;
        var callback = values.Pick(fits);
        var arguments = RandomCallbacks.ArgumentsOf(callback).Select(t => Of(scope, t, depth, tame: true).Expr).ToSequence();
        return new(new CallbackExpr(callback, arguments), Trait.Known with { Bound = 1e4 });
    }
}
