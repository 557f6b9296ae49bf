namespace Millrace.Plans;

/// <summary>Comparing with null, as people mean it.</summary>
static class NullTest
{
    /// <summary>The comparison; with a null in plain sight it asks whether the other side is null.</summary>
    internal static Expr OrComparison(Function comparison, Expr left, Expr right)
    {
        if (comparison == Functions.Equals || comparison == Functions.NotEquals)
        {
            var other = right is LiteralExpr { Value: null } ? left : left is LiteralExpr { Value: null } ? right : null;
            if (other is not null)
            {
                Expr isNull = new CallExpr(Functions.IsNull, [other]);
                return comparison == Functions.Equals ? isNull : new CallExpr(Functions.Not, [isNull]);
            }
        }
        return new CallExpr(comparison, [left, right]);
    }
}
