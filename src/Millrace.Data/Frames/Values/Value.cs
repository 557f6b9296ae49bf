using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// A value computed from a row, for the verbs that name columns: <c>Col("price") * 1.2 > 10</c>. Operators and methods
/// build the expression of a plan; nothing is computed here.
/// </summary>
public readonly partial struct Value : IEquatable<Value>
{
    readonly string? name;

    public Value(Expr expr) : this(expr, null) { }

    Value(Expr expr, string? name)
    {
        Expr = expr;
        this.name = name;
    }

    public Expr Expr { get; }

    /// <summary>The same value under a name of your own.</summary>
    public Value As(string name) => new(Expr, name);

    /// <summary>The column that the value becomes: the name given, or the one that follows from it; <c>sum_amount</c> for <c>Sum("amount")</c>.</summary>
    /// <exception cref="PlanException">The value has no name of its own.</exception>
    internal NamedExpr Named => new(name ?? NameOf(Expr) ?? throw new PlanException("A computed value needs a name for its column: add .As(\"...\")."), Expr);

    internal static string? NameOf(Expr expr) => expr switch
    {
        ColumnExpr column => column.Name,
        CastExpr cast => NameOf(cast.Value),
        AggregateExpr { Arguments.Count: 0 } count => count.Aggregate.Name,
        AggregateExpr aggregate when NameOf(aggregate.Arguments[0]) is { } of => $"{(aggregate.Distinct ? "distinct" : aggregate.Aggregate.Name)}_{of}",
        WindowExpr window => NameOf(window.Value),
        RankExpr { Arguments.Count: > 0 } rank when NameOf(rank.Arguments[0]) is { } of => $"{Snake(rank.Kind)}_{of}",
        RankExpr { Arguments.Count: 0 } rank => Snake(rank.Kind),
        CallExpr { Function.Name: "field", Arguments: [_, LiteralExpr { Value: string field }] } => field,
        _ => null,
    };

    static string Snake(RankKind kind) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());

    internal Value With(Expr expr) => new(expr, name);

    internal static Value Call(Function function, params Sequence<Expr> arguments) => new(new CallExpr(function, arguments));

    public static implicit operator Value(bool value) => new(LiteralExpr.Of(value));
    public static implicit operator Value(int value) => new(LiteralExpr.Of(value));
    public static implicit operator Value(long value) => new(LiteralExpr.Of(value));
    public static implicit operator Value(double value) => new(LiteralExpr.Of(value));
    public static implicit operator Value(decimal value) => new(LiteralExpr.Of(value));
    public static implicit operator Value(string? value) => new(LiteralExpr.Of(value));
    public static implicit operator Value(DateOnly value) => new(LiteralExpr.Of(value));
    public static implicit operator Value(TimeOnly value) => new(LiteralExpr.Of(value));
    public static implicit operator Value(DateTime value) => new(LiteralExpr.Of(value));
    public static implicit operator Value(DateTimeOffset value) => new(LiteralExpr.Of(value));
    public static implicit operator Value(TimeSpan value) => new(LiteralExpr.Of(value));
    public static implicit operator Value(Guid value) => new(LiteralExpr.Of(value));
    public static implicit operator Value(Enum value) => new(LiteralExpr.Of(value));
    public static implicit operator Value(Expr expr) => new(expr);

    /// <summary>A sum; with a text on either side, the texts one after the other.</summary>
    public static Value operator +(Value left, Value right) =>
        left.IsText || right.IsText ? Call(Functions.Concat, left.Expr, right.Expr) : Call(Functions.Add, left.Expr, right.Expr);
    public static Value operator -(Value left, Value right) => Call(Functions.Subtract, left.Expr, right.Expr);
    public static Value operator *(Value left, Value right) => Call(Functions.Multiply, left.Expr, right.Expr);
    public static Value operator /(Value left, Value right) => Call(Functions.Divide, left.Expr, right.Expr);
    public static Value operator %(Value left, Value right) => Call(Functions.Modulo, left.Expr, right.Expr);
    public static Value operator -(Value value) => Call(Functions.Negate, value.Expr);

    /// <summary>Whether two values are equal, as a condition on rows; compared with null: whether the value is null.</summary>
    public static Value operator ==(Value left, Value right) => new(NullTest.OrComparison(Functions.Equals, left.Expr, right.Expr));
    public static Value operator !=(Value left, Value right) => new(NullTest.OrComparison(Functions.NotEquals, left.Expr, right.Expr));
    public static Value operator <(Value left, Value right) => Call(Functions.Less, left.Expr, right.Expr);
    public static Value operator <=(Value left, Value right) => Call(Functions.LessOrEqual, left.Expr, right.Expr);
    public static Value operator >(Value left, Value right) => Call(Functions.Greater, left.Expr, right.Expr);
    public static Value operator >=(Value left, Value right) => Call(Functions.GreaterOrEqual, left.Expr, right.Expr);

    public static Value operator &(Value left, Value right) => Call(Functions.And, left.Expr, right.Expr);
    public static Value operator |(Value left, Value right) => Call(Functions.Or, left.Expr, right.Expr);
    public static Value operator !(Value value) => Call(Functions.Not, value.Expr);

    // What makes && and || build the condition instead of deciding it: neither side is ever known here.
    public static bool operator true(Value value) => false;
    public static bool operator false(Value value) => false;

    /// <summary>Whether both are the same expression, which is not the condition that <c>==</c> builds.</summary>
    public bool Equals(Value other) => Equals(Expr, other.Expr) && name == other.name;
    public override bool Equals(object? obj) => obj is Value other && Equals(other);
    public override int GetHashCode() => HashCode.Combine(Expr, name);
    public override string ToString() => $"{Expr}";

    bool IsText => Expr is LiteralExpr { Value: string } or CallExpr { Function.Name: "concat" };
}
