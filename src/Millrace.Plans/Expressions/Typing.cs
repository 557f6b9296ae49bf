namespace Millrace.Plans;

/// <summary>The type of each expression over a schema.</summary>
static class Typing
{
    internal static Typed Of(Expr expr, Schema schema)
    {
        switch (expr)
        {
            case ColumnExpr column:
                var field = schema[column.Name];
                return new Typed(field.Type, field.Nullable);
            case LiteralExpr literal:
                return new Typed(literal.Type, literal.Value is null);
            case CallExpr { Function.Name: "field" } get:
                return Field(get, schema);
            case CallExpr call:
                var result = call.Function.TypeOf(All(call.Arguments, schema)) ?? throw Unfit(call.Function.Name, call.Arguments, schema);
                CommonPattern.Check(call);
                return result;
            case CastExpr cast:
                return new Typed(cast.To, Of(cast.Value, schema).Nullable || !cast.Strict);
            case CaseExpr choice:
                return Choice(choice, schema);
            case CallbackExpr callback:
                var arguments = All(callback.Arguments, schema);
                return new Typed(callback.Callback.Type, callback.Callback.Nullable || (!callback.Callback.SeesNulls && TypeRules.AnyNull(arguments)));
            case AggregateExpr aggregate:
                if (aggregate.Where is { } where) MustBeTrueOrFalse(where, schema, $"the condition of {aggregate.Aggregate}");
                foreach (var key in aggregate.OrderBy) Of(key.Value, schema);
                var of = aggregate.Aggregate.TypeOf(All(aggregate.Arguments, schema)) ?? throw Unfit(aggregate.Aggregate.Name, aggregate.Arguments, schema);
                if (aggregate.Aggregate == Aggregate.Percentile) CheckShare(aggregate.Arguments[1]);
                foreach (var argument in aggregate.Arguments) MustBeOfOneRow(argument);
                return of;
            case WindowExpr window:
                foreach (var key in window.PartitionBy) Of(key, schema);
                foreach (var key in window.OrderBy) Of(key.Value, schema);
                return window.Value is AggregateExpr or RankExpr
                    ? Of(window.Value, schema)
                    : throw new PlanException("A window holds an aggregate or a rank.");
            case StructExpr made:
                return new Typed(DataType.Struct(made.Fields.Select(f => Field(f, schema))), false);
            case RankExpr rank:
                return Rank(rank, schema);
            default:
                throw new PlanException($"{expr.GetType().Name} has no type.");
        }
    }

    /// <summary>Refuses an aggregate that stands where there is one row, and no window over which it runs.</summary>
    internal static void MustBeOfOneRow(Expr expr)
    {
        switch (expr)
        {
            case WindowExpr:
                return;
            case AggregateExpr aggregate:
                throw new PlanException($"The aggregate '{aggregate.Aggregate}' stands among the values of single rows. Aggregate groups of rows (GroupBy(...).Aggregate(...)), or say Over(...) what it runs over.");
            case RankExpr rank:
                throw new PlanException($"'{rank.Kind}' looks at the rows near a row. Say Over(...) which those are, and in what order.");
        }
        foreach (var part in expr.Parts) MustBeOfOneRow(part);
    }

    /// <summary>Refuses a column that a group has many values of: each engine would say so in words of its own, or take any.</summary>
    internal static void MustBeOfGroup(Expr expr, Sequence<NamedExpr> keys)
    {
        if (expr is AggregateExpr || keys.Any(k => k.Value == expr)) return;
        if (expr is ColumnExpr column)
            throw new PlanException($"Column '{column.Name}' stands outside of an aggregate, and a group has many values of it. Say which is wanted, as Max(\"{column.Name}\") or First(\"{column.Name}\"), or group by it too.");
        foreach (var part in expr.Parts) MustBeOfGroup(part, keys);
    }

    static void CheckShare(Expr share)
    {
        if (share is not LiteralExpr { Value: IConvertible and not (string or bool or DateTime) and { } value })
            throw new PlanException("The share of a percentile must be a constant number.");
        var number = Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture);
        if (!(number is >= 0 and <= 1)) throw new PlanException($"A percentile is of a share between 0 and 1, and {ClrValue.Display(value)} isn't: the fifth percentile is 0.05.");
    }

    internal static void MustBeTrueOrFalse(Expr expr, Schema schema, string what)
    {
        MustBeOfOneRow(expr);
        if (Of(expr, schema).Type is { Kind: not (TypeKind.Boolean or TypeKind.Null) } type)
            throw new PlanException($"{what} must be true or false, and it is {type}.");
    }

    internal static Field Field(NamedExpr named, Schema schema)
    {
        var (type, nullable) = Of(named.Value, schema);
        return new Field(named.Name, type, nullable);
    }

    static Typed[] All(Sequence<Expr> arguments, Schema schema)
    {
        var types = new Typed[arguments.Count];
        for (var i = 0; i < types.Length; i++) types[i] = Of(arguments[i], schema);
        return types;
    }

    static Typed Field(CallExpr get, Schema schema)
    {
        var outer = Of(get.Arguments[0], schema);
        if (outer.Type is not StructType type || get.Arguments is not [_, LiteralExpr { Value: string name }]) throw Unfit("field", get.Arguments, schema);
        var inner = type.Fields[name];
        return new Typed(inner.Type, outer.Nullable || inner.Nullable);
    }

    static Typed Choice(CaseExpr choice, Schema schema)
    {
        var result = Of(choice.Else, schema);
        foreach (var branch in choice.Branches)
        {
            MustBeTrueOrFalse(branch.When, schema, "A condition");
            var then = Of(branch.Then, schema);
            result = TypeRules.Common(result.Type, then.Type) is { } common
                ? new Typed(common, result.Nullable || then.Nullable)
                : throw new PlanException($"The branches of a choice yield {then.Type} and {result.Type}. Cast one of them.");
        }
        return result;
    }

    static Typed Rank(RankExpr rank, Schema schema)
    {
        var arguments = All(rank.Arguments, schema);
        return rank.Kind switch
        {
            RankKind.RowNumber or RankKind.Rank or RankKind.DenseRank or RankKind.Bucket => new Typed(DataType.Int64, false),
            RankKind.PercentRank or RankKind.CumulativeShare => new Typed(DataType.Float64, false),
            _ when arguments.Length > 0 => new Typed(arguments[0].Type, true),
            _ => throw new PlanException($"{rank.Kind} needs a value."),
        };
    }

    static PlanException Unfit(string name, Sequence<Expr> arguments, Schema schema) =>
        new($"'{name}' doesn't take ({string.Join(", ", All(arguments, schema).Select(t => t.Type))}).");
}
