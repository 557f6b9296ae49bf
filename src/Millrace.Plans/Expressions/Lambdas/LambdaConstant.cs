using System.Linq.Expressions;
using System.Reflection;

namespace Millrace.Plans;

/// <summary>Evaluates what a lambda captured: it is a constant of the plan from the moment the plan is built.</summary>
static class LambdaConstant
{
    internal static object? Of(Expression node) => node switch
    {
        ConstantExpression constant => constant.Value,
        MemberExpression { Member: FieldInfo field } member when member.Expression is null || Of(member.Expression) is not null =>
            field.GetValue(member.Expression is null ? null : Of(member.Expression)),
        // A span can't be boxed: what it was made of stands for it.
        MethodCallExpression { Method.Name: "op_Implicit" } span when span.Type.IsByRefLike => Of(span.Arguments[0]),
        UnaryExpression { NodeType: ExpressionType.Convert } span when span.Type.IsByRefLike => Of(span.Operand),
        UnaryExpression { NodeType: ExpressionType.Quote } quote => quote.Operand,
        _ => Expression.Lambda<Func<object?>>(Expression.Convert(node, typeof(object))).Compile(preferInterpretation: true)(),
    };

    internal static bool Is(Expression node) => !ParameterSearch.In(node);
}
