namespace Millrace.Plans;

/// <summary>C# functions as they stand in plans.</summary>
static class Callbacks
{
    /// <summary>A call of a delegate that was handed over as such: a null argument makes a null without a call, where its parameters can't be null.</summary>
    internal static CallbackExpr Of(Delegate body, params Sequence<Expr> arguments)
    {
        var parameters = body.GetType().GetMethod("Invoke")!.GetParameters();
        var returned = body.GetType().GetMethod("Invoke")!.ReturnType;
        var type = RecordSchema.TypeOf(returned)
            ?? throw new PlanException($"A callback returns {TypeName.Of(returned)}, and no column type stands for that.");
        var nullable = !returned.IsValueType || Nullable.GetUnderlyingType(returned) is not null;
        var seesNulls = parameters.All(p => Nullable.GetUnderlyingType(p.ParameterType) is not null);
        return new CallbackExpr(new Callback($"{body.Method.DeclaringType?.Name}.{body.Method.Name}", body, type, nullable, seesNulls), arguments);
    }
}
