namespace Millrace.Plans;

/// <summary>Between text and the other types.</summary>
static partial class TextCasts
{
    internal static Kernel? TryCompile(Kernel input, DataType to, bool lenient) => null;
}
