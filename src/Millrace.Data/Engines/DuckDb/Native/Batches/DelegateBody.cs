using System.Linq.Expressions;
using System.Reflection;
using Millrace.Plans;

namespace Millrace.Data.Engines.DuckDb;

/// <summary>Compiles the loop that calls a delegate of any parameters for each row of its argument columns.</summary>
static class DelegateBody
{
    delegate void Loop(Column[] arguments, int count, ColumnBuilder result);

    /// <summary>The columns that the delegate's parameters and its result are, where they aren't told.</summary>
    internal static (DataType[] Parameters, DataType Result) TypesOf(Delegate body)
    {
        var parameters = Signature(body).GetParameters().Select(p => TypeOf(p.ParameterType, body)).ToArray();
        return (parameters, TypeOf(Signature(body).ReturnType, body));
    }

    /// <param name="seesNulls">
    /// Whether it is called with nulls where its parameters can hold them; where one can't, or this is false, a null
    /// argument makes the result null without a call.
    /// </param>
    internal static ColumnsBody Compile(Delegate body, IReadOnlyList<DataType> parameters, DataType result, bool seesNulls)
    {
        var signature = Signature(body);
        var taken = signature.GetParameters();
        if (taken.Length != parameters.Count)
            throw new PlanException($"A function of {taken.Length} parameters was given the types of {parameters.Count}.");
        if (TypeOf(signature.ReturnType, body).Kind is var kind && kind != result.Kind && !(kind == TypeKind.Text && result.IsBytes))
            throw new PlanException($"A function returns {TypeName.Of(signature.ReturnType)}, and its column is {result}. Convert in the function.");

        var (arguments, count, into) = (Expression.Parameter(typeof(Column[])), Expression.Parameter(typeof(int)), Expression.Parameter(typeof(ColumnBuilder)));
        var (row, end) = (Expression.Variable(typeof(int)), Expression.Label());
        Expression Argument(int i) => Expression.ArrayIndex(arguments, Expression.Constant(i));

        var cells = new CellReading(Expression.Constant(0L));
        var values = taken.Select((p, i) => cells.Row(p.ParameterType, new Schema(new Field(p.Name ?? $"argument {i + 1}", parameters[i])), _ => Argument(i), row));
        var call = CellWriting.Row(signature.ReturnType, Expression.Invoke(Expression.Constant(body), values), _ => into);
        var missing = taken
            .Where(p => !seesNulls || (p.ParameterType.IsValueType && Nullable.GetUnderlyingType(p.ParameterType) is null))
            .Select(p => (Expression)Expression.Call(Argument(p.Position), nameof(Column.IsNull), null, row))
            .DefaultIfEmpty(Expression.Constant(false))
            .Aggregate(Expression.OrElse);
        var loop = Expression.Block([row],
            Expression.Assign(row, Expression.Constant(0)),
            Expression.Loop(
                Expression.IfThenElse(Expression.LessThan(row, count),
                    Expression.Block(
                        Expression.IfThenElse(missing, Expression.Call(into, nameof(ColumnBuilder.AddNull), null), call),
                        Expression.PreIncrementAssign(row)),
                    Expression.Break(end)),
                end));
        var compiled = Expression.Lambda<Loop>(loop, arguments, count, into).Compile();
        return (columns, rows, _) =>
        {
            var builder = ColumnBuilder.For(result);
            compiled(columns.ToArray(), rows, builder);
            return builder.Build();
        };
    }

    static MethodInfo Signature(Delegate body) => body.GetType().GetMethod("Invoke")!;

    static DataType TypeOf(Type type, Delegate body) =>
        RecordSchema.TypeOf(type) ?? throw new PlanException($"{body.Method.Name} takes or returns {TypeName.Of(type)}, and no column type stands for that.");
}
