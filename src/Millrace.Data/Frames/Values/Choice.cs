using Millrace.Plans;

namespace Millrace.Data;

/// <summary>A choice with its branches so far; it is a <see cref="Value"/> that is null where no branch holds.</summary>
public sealed class Choice
{
    readonly CaseBranch[] branches;

    Choice(CaseBranch[] branches) => this.branches = branches;

    public Condition When(Value condition) => new(branches, condition.Expr);

    public Value Otherwise(Value value) => new(new CaseExpr([.. branches], value.Expr));

    public static implicit operator Value(Choice choice) => choice.Otherwise(new Value(LiteralExpr.Of(null)));

    /// <summary>A condition that waits for its value.</summary>
    public sealed class Condition
    {
        readonly CaseBranch[] branches;
        readonly Expr condition;

        internal Condition(CaseBranch[] branches, Expr condition) => (this.branches, this.condition) = (branches, condition);

        public Choice Then(Value value) => new([.. branches, new CaseBranch(condition, value.Expr)]);
    }
}
