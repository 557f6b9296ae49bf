namespace Millrace.Plans;

static partial class CallbackKernels
{
    internal static Kernel Compile(CallbackExpr expr, Kernel[] arguments) => throw new PlanException($"{expr.Callback.Name} isn't called.");
}
