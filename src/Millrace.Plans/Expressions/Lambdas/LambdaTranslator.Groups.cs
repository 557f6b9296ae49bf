using System.Linq.Expressions;
using System.Reflection;

namespace Millrace.Plans;

sealed partial class LambdaTranslator
{
    static readonly Dictionary<string, Aggregate> aggregates = new()
    {
        ["Count"] = Aggregate.Count,
        ["CountDistinct"] = Aggregate.Count,
        ["Sum"] = Aggregate.Sum,
        ["Average"] = Aggregate.Average,
        ["Min"] = Aggregate.Min,
        ["Max"] = Aggregate.Max,
        ["Deviation"] = Aggregate.Deviation,
        ["Variance"] = Aggregate.Variance,
        ["Median"] = Aggregate.Median,
        ["Percentile"] = Aggregate.Percentile,
        ["First"] = Aggregate.First,
        ["Last"] = Aggregate.Last,
        ["ToList"] = Aggregate.List,
        ["Join"] = Aggregate.Join,
        ["All"] = Aggregate.All,
        ["Any"] = Aggregate.Any,
    };

    static readonly Dictionary<string, RankKind> ranks = Enum.GetValues<RankKind>().ToDictionary(k => k.ToString());

    Expr? Aggregated(MethodCallExpression node, GroupScope group, Expr? where = null, Sequence<SortKey> orderBy = default)
    {
        if (node.Method.Name == "Aggregate") return Custom(node, group, where, orderBy);
        if (!aggregates.TryGetValue(node.Method.Name, out var aggregate)) return null;
        if (Arguments(node.Arguments, group.Row) is not { } arguments) return null;
        if (node.Method.Name == "Count" && arguments.Count == 1)
        {
            // Count's own argument is a condition, and the argument of a plan's count a value that isn't null.
            where = And(where, arguments[0]);
            arguments = [];
        }
        return new AggregateExpr(aggregate, arguments, node.Method.Name == "CountDistinct", where, orderBy);
    }

    CallbackExpr? Custom(MethodCallExpression node, GroupScope group, Expr? where, Sequence<SortKey> orderBy)
    {
        if (Of(node.Arguments[0], group.Row) is not { } value || !LambdaConstant.Is(node.Arguments[1])) return null;
        var function = LambdaConstant.Of(node.Arguments[1]);
        var types = node.Method.GetGenericArguments();
        if (RecordSchema.TypeOf(types[1]) is not { } type) return null;
        var body = (Delegate)typeof(CallbackValues).GetMethod(nameof(CallbackValues.OverList), BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(types).Invoke(null, [function])!;
        var nullable = !types[1].IsValueType || Nullable.GetUnderlyingType(types[1]) is not null;
        return new CallbackExpr(new Callback(LambdaText.Of(node), body, type, nullable, SeesNulls: false), [new AggregateExpr(Aggregate.List, [value], Where: where, OrderBy: orderBy)]);
    }

    /// <summary>What <c>g.Where(...).OrderBy(...)</c> chose, by the calls that stand before an aggregate.</summary>
    (GroupScope Group, Expr? Where, Sequence<SortKey> OrderBy)? ChosenGroup(Expression? node)
    {
        if (node is ParameterExpression parameter) return scopes.GetValueOrDefault(parameter) is GroupScope group ? (group, null, default) : null;
        if (node is not MethodCallExpression call || ChosenGroup(call.Object) is not { } chosen) return null;
        if (call.Method.Name == "NullsFirst" && chosen.OrderBy.Count > 0) return chosen with { OrderBy = [.. chosen.OrderBy.Take(chosen.OrderBy.Count - 1), chosen.OrderBy[^1] with { NullsFirst = true }] };
        if (call.Arguments.Count != 1 || Of(call.Arguments[0], chosen.Group.Row) is not { } value) return null;
        return call.Method.Name switch
        {
            "Where" => chosen with { Where = And(chosen.Where, value) },
            "OrderBy" => chosen with { OrderBy = [new SortKey(value)] },
            "OrderByDescending" => chosen with { OrderBy = [new SortKey(value, Descending: true)] },
            "ThenBy" => chosen with { OrderBy = [.. chosen.OrderBy, new SortKey(value)] },
            "ThenByDescending" => chosen with { OrderBy = [.. chosen.OrderBy, new SortKey(value, Descending: true)] },
            _ => null,
        };
    }

    /// <summary>What <c>near.Where(...).Among(...)</c> chose, by the calls that stand before a function of the window.</summary>
    (WindowScope Window, Expr? Where, WindowFrame? Frame)? ChosenWindow(Expression? node)
    {
        if (node is ParameterExpression parameter) return scopes.GetValueOrDefault(parameter) is WindowScope window ? (window, null, null) : null;
        if (node is not MethodCallExpression { Arguments: [var argument] } call || ChosenWindow(call.Object) is not { } chosen) return null;
        return call.Method.Name switch
        {
            "Where" when Of(argument, chosen.Window.Row) is { } condition => chosen with { Where = And(chosen.Where, condition) },
            "Among" when LambdaConstant.Is(argument) => chosen with { Frame = (WindowFrame?)LambdaConstant.Of(argument) },
            _ => null,
        };
    }

    WindowExpr? Windowed(MethodCallExpression node, WindowScope window, Expr? where, WindowFrame? frame)
    {
        if (Arguments(node.Arguments, window.Row) is not { } arguments) return null;
        if (node.Method.Name == "Count" && arguments.Count == 1) (where, arguments) = (And(where, arguments[0]), []);
        Expr value;
        if (ranks.TryGetValue(node.Method.Name, out var rank) && where is null) value = new RankExpr(rank, arguments.Count == 1 && rank is RankKind.Lag or RankKind.Lead ? [.. arguments, LiteralExpr.Of(1)] : arguments);
        else if (aggregates.TryGetValue(node.Method.Name, out var aggregate)) value = new AggregateExpr(aggregate, arguments, node.Method.Name == "CountDistinct", where);
        else return null;
        return new WindowExpr(value, window.PartitionBy, window.OrderBy, frame);
    }

    Sequence<Expr>? Arguments(IEnumerable<Expression> arguments, RowScope row)
    {
        var values = arguments.Select(a => Of(a, row)).ToList();
        return values.Contains(null) ? null : [.. values!];
    }

    /// <summary>A selector over the rows of the group, or a constant beside one.</summary>
    Expr? Of(Expression argument, RowScope row)
    {
        if (argument is UnaryExpression { NodeType: ExpressionType.Quote } quote) argument = quote.Operand;
        return argument is LambdaExpression lambda
            ? new LambdaTranslator(schema, (lambda.Parameters[0], row)).Value(lambda.Body)
            : Visit(argument);
    }

    static Expr And(Expr? also, Expr condition) => also is null ? condition : Call(Functions.And, also, condition);
}
