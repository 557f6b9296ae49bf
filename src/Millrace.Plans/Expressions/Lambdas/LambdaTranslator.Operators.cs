using System.Linq.Expressions;

namespace Millrace.Plans;

sealed partial class LambdaTranslator
{
    Expr? Binary(BinaryExpression node)
    {
        if (node.NodeType == ExpressionType.Coalesce)
            return Visit(node.Left) is { } first && Visit(node.Right) is { } second ? Call(Functions.Coalesce, first, second) : null;
        if (node.NodeType == ExpressionType.ArrayIndex) return Item(node.Left, node.Right);
        if (MissingRow(node) is { } missing) return missing;
        if (Function(node) is not { } function) return null;
        // Text on either side: C# adds texts by a method of string.
        if (node.NodeType is ExpressionType.Add or ExpressionType.AddChecked && node.Type == typeof(string))
            return Visit(AsText(node.Left)) is { } a && Visit(AsText(node.Right)) is { } b ? Concat(a, b) : null;
        if (node.Method is not null && node.Method.DeclaringType?.Namespace != "System") return null;

        var isComparison = node.Type == typeof(bool) && function != Functions.And && function != Functions.Or;
        if (isComparison && (EnumOf(node.Left) ?? EnumOf(node.Right)) is { } named) return EnumOperands(node, function, named);
        // The sum of two numbers widens in the plan as in C#: a conversion is said only where the plan would end at another type.
        var (left, right) = (Visit(Unwidened(node.Left)), Visit(Unwidened(node.Right)));
        if (left is null || right is null) return null;
        if (isComparison) return NullTest.OrComparison(function, left, right) is var test && TypeOf(test) is not null ? test : null;
        var call = Call(function, left, right);
        if (TypeOf(call) is { } type && Agrees(type.Type, node.Type)) return call;
        if (Visit(node.Left) is not { } exactLeft || Visit(node.Right) is not { } exactRight) return null;
        call = Call(function, exactLeft, exactRight);
        return TypeOf(call) is null ? null : call;
    }

    static Function? Function(BinaryExpression node) => node.NodeType switch
    {
        ExpressionType.Add or ExpressionType.AddChecked => Functions.Add,
        ExpressionType.Subtract or ExpressionType.SubtractChecked => Functions.Subtract,
        ExpressionType.Multiply or ExpressionType.MultiplyChecked => Functions.Multiply,
        ExpressionType.Divide => Functions.Divide,
        ExpressionType.Modulo => Functions.Modulo,
        ExpressionType.Power => Functions.Power,
        ExpressionType.Equal => Functions.Equals,
        ExpressionType.NotEqual => Functions.NotEquals,
        ExpressionType.LessThan => Functions.Less,
        ExpressionType.LessThanOrEqual => Functions.LessOrEqual,
        ExpressionType.GreaterThan => Functions.Greater,
        ExpressionType.GreaterThanOrEqual => Functions.GreaterOrEqual,
        ExpressionType.AndAlso => Functions.And,
        ExpressionType.OrElse => Functions.Or,
        ExpressionType.And when IsTruth(node.Type) => Functions.And,
        ExpressionType.Or when IsTruth(node.Type) => Functions.Or,
        ExpressionType.ExclusiveOr when IsTruth(node.Type) => Functions.NotEquals,
        _ => null,
    };

    static bool IsTruth(Type type) => type == typeof(bool) || type == typeof(bool?);

    Expr? Unary(UnaryExpression node)
    {
        switch (node.NodeType)
        {
            case ExpressionType.Not when IsTruth(node.Type):
                return Visit(node.Operand) is { } truth ? Call(Functions.Not, truth) : null;
            case ExpressionType.Negate or ExpressionType.NegateChecked:
                return Visit(node.Operand) is { } value ? Call(Functions.Negate, value) : null;
            case ExpressionType.UnaryPlus:
                return Visit(node.Operand);
            case ExpressionType.ArrayLength:
                return Visit(node.Operand) is { } list ? Call(Functions.ItemCount, list) : null;
            case ExpressionType.Convert or ExpressionType.ConvertChecked or ExpressionType.TypeAs:
                return Converted(node);
            default:
                return null;
        }
    }

    Expr? Converted(UnaryExpression node)
    {
        var (from, to) = (Bare(node.Operand.Type), Bare(node.Type));
        if (from == to || to == typeof(object) || to.IsAssignableFrom(from) && !to.IsValueType) return Visit(node.Operand);
        // char and enum to number: only a callback knows the number behind it.
        if (from.IsEnum || from == typeof(char) || to.IsEnum || to == typeof(char)) return null;
        if (RecordSchema.TypeOf(from) is not { IsNumeric: true } source || RecordSchema.TypeOf(to) is not { IsNumeric: true } target)
            return from == typeof(DateTime) && to == typeof(DateTimeOffset) ? null : null;
        if (Visit(node.Operand) is not { } value) return null;
        if (TypeOf(value) is { } has && Agrees(has.Type, to)) return value;
        // To a whole number C# truncates, and a cast of a plan rounds.
        if (target.IsInteger && !source.IsInteger) value = Call(Functions.Truncate, value);
        return new CastExpr(value, target);
    }

    /// <summary>Whether a column of the type is what the C# type calls for, digits aside.</summary>
    static bool Agrees(DataType type, Type clr) => RecordSchema.TypeOf(clr) is { } wanted
        && (type == wanted || type.Kind == TypeKind.Decimal && wanted.Kind == TypeKind.Decimal
            // Divided decimals are floats in a plan; their reader makes them decimals again.
            || type.Kind == TypeKind.Float64 && wanted.Kind == TypeKind.Decimal
            || type.Kind == TypeKind.Null || type.IsBytes && wanted.IsBytes);

    /// <summary>The operand before C# widened it to the other's type, or made it nullable.</summary>
    static Expression Unwidened(Expression node)
    {
        while (node is UnaryExpression { NodeType: ExpressionType.Convert } convert && !LambdaConstant.Is(node))
        {
            var (from, to) = (Bare(convert.Operand.Type), Bare(convert.Type));
            var widens = RecordSchema.TypeOf(from) is { IsNumeric: true } a && RecordSchema.TypeOf(to) is { IsNumeric: true } b && !from.IsEnum && Rank(a) <= Rank(b);
            if (from != to && !widens) break;
            node = convert.Operand;
        }
        return node;
    }

    static int Rank(DataType type) => type.Kind switch
    {
        TypeKind.Int16 => 1,
        TypeKind.Int32 => 2,
        TypeKind.Int64 => 3,
        TypeKind.Decimal => 4,
        TypeKind.Float32 => 5,
        _ => 6,
    };

    // C# compares enums by their numbers and says so with conversions; columns hold their names.
    CallExpr? EnumOperands(BinaryExpression node, Function function, Type type)
    {
        var (left, right) = (EnumSide(node.Left, type), EnumSide(node.Right, type));
        if (left is null || right is null) return null;
        // Of names only equality means the same as of numbers; days of the week are numbers here too.
        if (type != typeof(DayOfWeek) && function != Functions.Equals && function != Functions.NotEquals) return null;
        return NullTest.OrComparison(function, left, right) as CallExpr;
    }

    Expr? EnumSide(Expression node, Type type)
    {
        if (!LambdaConstant.Is(node)) return Visit(Stripped(node));
        return LambdaConstant.Of(node) switch
        {
            null => LiteralExpr.Of(null),
            Enum named => type == typeof(DayOfWeek) ? LiteralExpr.Of(Convert.ToInt32(named, null)) : LiteralExpr.Of(named),
            var number => type == typeof(DayOfWeek) ? LiteralExpr.Of(Convert.ToInt32(number, null)) : LiteralExpr.Of((Enum)Enum.ToObject(type, number)),
        };
    }

    static Type? EnumOf(Expression node) => !LambdaConstant.Is(node) && Bare(Stripped(node).Type) is { IsEnum: true } type ? type : null;

    static Expression Stripped(Expression node)
    {
        while (node is UnaryExpression { NodeType: ExpressionType.Convert } convert) node = convert.Operand;
        return node;
    }

    // In an outer join a whole row may be missing: `r == null` asks for that.
    Expr? MissingRow(BinaryExpression node)
    {
        if (node.NodeType is not (ExpressionType.Equal or ExpressionType.NotEqual)) return null;
        var side = IsNull(node.Right) ? node.Left : IsNull(node.Left) ? node.Right : null;
        if (side is null || Stripped(side) is not ParameterExpression parameter || scopes.GetValueOrDefault(parameter) is not RowScope { Presence: var presence, Single: null }) return null;
        Expr isMissing = presence is null ? LiteralExpr.Of(false) : Call(Functions.IsNull, presence);
        return node.NodeType == ExpressionType.Equal ? isMissing : Call(Functions.Not, isMissing);

        static bool IsNull(Expression node) => LambdaConstant.Is(node) && LambdaConstant.Of(node) is null;
    }

    static Type Bare(Type type) => Nullable.GetUnderlyingType(type) ?? type;

    static CallExpr Concat(Expr left, Expr right) =>
        Call(Functions.Concat, left is CallExpr { Function.Name: "concat" } begun ? [.. begun.Arguments, right] : [left, right]);

    // What C# puts into a text as an object, as the text that it becomes.
    static Expression AsText(Expression node)
    {
        while (node is UnaryExpression { NodeType: ExpressionType.Convert } convert && convert.Type == typeof(object)) node = convert.Operand;
        return node.Type == typeof(string) ? node : Expression.Call(node, node.Type.GetMethod(nameof(ToString), Type.EmptyTypes)!);
    }
}
