using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Writes expressions over the columns of a scope. What it writes has exactly the type that the plan says.</summary>
/// <param name="callbackNames">Gives the SQL name of a C# function; null where the database can't call one.</param>
sealed class SqlExpressions(SqlDialect dialect, SqlScope scope, Func<CallbackExpr, Schema, string>? callbackNames = null)
{
    internal SqlDialect Dialect => dialect;
    internal Typed TypeOf(Expr expr) => expr.TypeIn(scope.Schema);

    /// <summary>As an operand: in brackets where it isn't one word.</summary>
    internal string Operand(Expr expr) =>
        expr is CallExpr { Function.Name: var name } && SqlFunctions.Infix.Contains(name) ? $"({Write(expr)})" : Write(expr);

    /// <summary>As an operand of that type.</summary>
    internal string As(Expr expr, DataType type)
    {
        var from = TypeOf(expr).Type;
        if (from == type || (from.Kind is TypeKind.Text or TypeKind.Enum && type.Kind is TypeKind.Text or TypeKind.Enum)) return Operand(expr);
        return expr switch
        {
            LiteralExpr { Value: null } => dialect.Literal(null, type),
            LiteralExpr { Value: short or int or long or decimal } literal when type.IsNumeric => $"CAST({SqlDialect.Number(literal.Value)} AS {dialect.TypeName(type)})",
            _ => dialect.Cast(Write(expr), from, type, strict: true),
        };
    }

    internal string Write(Expr expr)
    {
        switch (expr)
        {
            case ColumnExpr column:
                return scope.Column(column.Name);
            case LiteralExpr literal:
                return dialect.Literal(literal.Value, literal.Type);
            case CallExpr call:
                if (dialect.Functions.TryGetValue(call.Function.Name, out var write)) return write(new SqlCall(this, call));
                throw new InexpressibleException($"{dialect.Name} has no '{call.Function.Name}'");
            case CastExpr cast:
                return Cast(cast);
            case CaseExpr choice:
                var type = TypeOf(choice).Type;
                var branches = string.Concat(choice.Branches.Select(b => $"WHEN {Write(b.When)} THEN {As(b.Then, type)} "));
                return choice.Branches.Count == 0 ? As(choice.Else, type) : $"CASE {branches}ELSE {As(choice.Else, type)} END";
            case StructExpr made:
                return dialect.Struct(made.Fields.Select(f => (f.Name, Write(f.Value))));
            case CallbackExpr callback:
                if (callbackNames is null) throw new InexpressibleException($"{dialect.Name} can't call the C# function '{callback.Callback.Name}'");
                return $"{callbackNames(callback, scope.Schema)}({string.Join(", ", callback.Arguments.Select(Write))})";
            case AggregateExpr aggregate:
                return Aggregate(aggregate, "");
            case WindowExpr window:
                return new SqlWindows(this).Write(window);
            default:
                throw new InexpressibleException($"{dialect.Name} has no word for {expr.GetType().Name}");
        }
    }

    string Cast(CastExpr cast)
    {
        var from = TypeOf(cast.Value).Type;
        if (dialect.WhyNot(cast.To) is { } reason) throw new InexpressibleException(reason);
        if (from == cast.To) return Write(cast.Value);
        if (!cast.Rounds) throw new InexpressibleException($"{dialect.Name} rounds where it casts, and this cast mustn't");
        if (cast.Value is LiteralExpr) return As(cast.Value, cast.To);
        return dialect.Cast(Write(cast.Value), from, cast.To, cast.Strict);
    }

    internal string Aggregate(AggregateExpr aggregate, string over)
    {
        var order = aggregate.OrderBy.Select(Key).ToList();
        var reverse = aggregate.OrderBy.Select(k => Key(k with { Descending = !k.Descending, NullsFirst = !k.NullsFirst })).ToList();
        var tail = aggregate.Where is { } where ? $" FILTER (WHERE {Write(where)})" : "";
        return dialect.Aggregate(new SqlAggregate(
            aggregate, [.. aggregate.Arguments.Select(Write)], [.. aggregate.Arguments.Select(a => TypeOf(a).Type)], TypeOf(aggregate).Type, order, reverse, tail, over));
    }

    internal string Key(SortKey key)
    {
        var value = TypeOf(key.Value).Type.Kind is TypeKind.Text or TypeKind.Enum ? dialect.Ordered(Operand(key.Value)) : Operand(key.Value);
        return $"{value}{(key.Descending ? " DESC" : "")} NULLS {(key.NullsFirst ? "FIRST" : "LAST")}";
    }
}

/// <summary>A call of a function of the catalogue, as the tables of the dialects see it.</summary>
readonly record struct SqlCall(SqlExpressions Writer, CallExpr Expr)
{
    internal int Count => Expr.Arguments.Count;
    internal string this[int at] => Writer.Operand(Expr.Arguments[at]);
    internal DataType Type(int at) => Writer.TypeOf(Expr.Arguments[at]).Type;
    internal DataType Result => Writer.TypeOf(Expr).Type;
    internal string As(int at, DataType type) => Writer.As(Expr.Arguments[at], type);
    internal IEnumerable<string> AllAs(DataType type)
    {
        var writer = Writer;
        return Expr.Arguments.Select(a => writer.As(a, type));
    }

    /// <summary>The value of an argument that must be a constant.</summary>
    internal T Constant<T>(int at) => Expr.Arguments[at] is LiteralExpr { Value: T value }
        ? value
        : throw new InexpressibleException($"'{Expr.Function.Name}' needs a constant as its argument {at + 1}");

    internal bool IsConstant(int at) => Expr.Arguments[at] is LiteralExpr;

    /// <summary>A number of rows or a position, plus something, without a sum where it is a constant.</summary>
    internal string Plus(int at, long add) => Expr.Arguments[at] is LiteralExpr { Value: short or int or long } literal
        ? SqlDialect.Number(Convert.ToInt64(literal.Value, System.Globalization.CultureInfo.InvariantCulture) + add)
        : $"({this[at]} + {add})";

    /// <summary>A position as databases count them, from 1; one that no list is long enough for is still a number.</summary>
    internal string Position(int at) => IsConstant(at)
        ? Plus(at, 1)
        : Cast($"least(greatest({As(at, DataType.Int64)}, -1), {int.MaxValue - 1}) + 1", DataType.Int32);

    internal string Cast(string value, DataType to) => $"CAST({value} AS {Writer.Dialect.TypeName(to)})";
}
