namespace Millrace.Plans;

static partial class TimeKernels
{
    internal static Kernel? TryCompile(string name, DataType type, Kernel[] a) => null;
    internal static Kernel? TryCast(Kernel input, DataType to, bool lenient) => null;
    internal static Kernel Arithmetic(string name, DataType type, Kernel a, Kernel b) => throw new PlanException($"'{name}' has no {type}.");
}
