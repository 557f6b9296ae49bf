using Millrace.Plans;

namespace Millrace.Data;

/// <summary>What rows of two frames must have in common: a column of that name on both sides, or one of each.</summary>
public readonly record struct On
{
    On(Expr left, Expr right, bool isShared) => (Left, Right, IsShared) = (left, right, isShared);

    internal Expr Left { get; }
    internal Expr Right { get; }

    /// <summary>One name for both: the result has the column once.</summary>
    internal bool IsShared { get; }

    public static implicit operator On(string column) => new(new ColumnExpr(column), new ColumnExpr(column), true);
    public static implicit operator On((string Left, string Right) columns) => new(new ColumnExpr(columns.Left), new ColumnExpr(columns.Right), false);
    public static implicit operator On((Value Left, Value Right) values) => new(values.Left.Expr, values.Right.Expr, false);
}
