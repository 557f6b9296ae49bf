using System.Runtime.CompilerServices;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>A step that two others share is the same object, and stays one; the flag says what is asked of it.</summary>
sealed class SameStep : IEqualityComparer<(Relation Plan, bool Asked)>
{
    internal static readonly SameStep Instance = new();

    public bool Equals((Relation Plan, bool Asked) x, (Relation Plan, bool Asked) y) => ReferenceEquals(x.Plan, y.Plan) && x.Asked == y.Asked;
    public int GetHashCode((Relation Plan, bool Asked) step) => HashCode.Combine(RuntimeHelpers.GetHashCode(step.Plan), step.Asked);
}
