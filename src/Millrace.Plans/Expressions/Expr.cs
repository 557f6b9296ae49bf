using System.Collections;
using System.Globalization;

namespace Millrace.Plans;

/// <summary>
/// A value computed from a row: immutable, equal by content, untyped until it meets a schema. What it means, in all
/// executors alike, is in docs/semantics.md.
/// </summary>
public abstract partial record Expr
{
    private protected Expr() { }

    /// <summary>Type and nullability over rows of that schema.</summary>
    /// <exception cref="PlanException">A column is missing or types don't meet.</exception>
    public Typed TypeIn(Schema schema) => Typing.Of(this, schema);

    /// <summary>As people write it: <c>toll * 2 > 10 and plaza is not null</c>.</summary>
    public sealed override string ToString() => ExprText.Of(this);
}

/// <summary>What an expression yields.</summary>
public readonly record struct Typed(DataType Type, bool Nullable);

public sealed record ColumnExpr(string Name) : Expr;

/// <summary>A constant, as .NET spells it.</summary>
public sealed record LiteralExpr(object? Value, DataType Type) : Expr
{
    /// <summary>As .NET spells values of the type: an <c>int</c> given for an int64 is a <c>long</c> here.</summary>
    public object? Value { get; init; } = Type.IsNumeric && Value is not (null or decimal) && ClrValue.TryPhysical(Type, Value) is { } number
        ? number is Int128 unscaled ? ClrValue.FromPhysical(Type, unscaled) : number
        : Value;

    /// <summary>The literal of a C# value: its type follows from it.</summary>
    public static LiteralExpr Of(object? value) => value switch
    {
        null => new(null, DataType.Null),
        decimal d => new(d, DataType.Decimal(Math.Max(Digits(d), d.Scale), d.Scale)),
        System.Enum e => new(e.ToString(), DataType.Text),
        char c => new(c.ToString(), DataType.Text),
        sbyte or byte => new(Convert.ToInt16(value, CultureInfo.InvariantCulture), DataType.Int16),
        ushort u => new((int)u, DataType.Int32),
        uint u => new((long)u, DataType.Int64),
        ulong u => new((decimal)u, DataType.Decimal(20, 0)),
        _ => new(value, RecordSchema.TypeOf(value.GetType()) ?? throw new PlanException($"A {value.GetType().Name} can't be a constant of a plan.")),
    };

    public bool Equals(LiteralExpr? other) => other is not null && Type == other.Type && Same(Value, other.Value);

    // Lists and bytes by their items: as objects they would be equal to nothing but themselves.
    static bool Same(object? a, object? b) => (a, b) switch
    {
        (string, _) or (_, string) => Equals(a, b),
        (IDictionary x, IDictionary y) => x.Count == y.Count && x.Keys.Cast<object>().All(k => y.Contains(k) && Same(x[k], y[k])),
        (IEnumerable x, IEnumerable y) => x.Cast<object?>().SequenceEqual(y.Cast<object?>(), EqualityComparer<object?>.Create(Same)),
        _ => Equals(a, b),
    };

    public override int GetHashCode() => HashCode.Combine(Type, Value is IEnumerable and not string ? 0 : Value);

    static int Digits(decimal value)
    {
        var digits = 1;
        for (var rest = decimal.Truncate(Math.Abs(value)); rest >= 10; rest /= 10) digits++;
        return digits + value.Scale;
    }
}

/// <summary>A function of the catalogue (<see cref="Functions"/>) over arguments.</summary>
public sealed record CallExpr(Function Function, Sequence<Expr> Arguments) : Expr;

/// <summary>A change of type. Strict: a value that doesn't fit fails the run (or its row, where the step rejects); otherwise it becomes null.</summary>
/// <param name="Rounds">Whether digits behind the point that the new type hasn't are rounded off; otherwise a value with such digits doesn't fit.</param>
public sealed record CastExpr(Expr Value, DataType To, bool Strict = true, bool Rounds = true) : Expr;

/// <summary>The first branch whose condition is true; without one, <paramref name="Else"/>.</summary>
public sealed record CaseExpr(Sequence<CaseBranch> Branches, Expr Else) : Expr;

public sealed record CaseBranch(Expr When, Expr Then);

/// <summary>A C# function, called back for each row: what no engine could say. Its name tells people where it stands.</summary>
public sealed record CallbackExpr(Callback Callback, Sequence<Expr> Arguments) : Expr;

/// <summary>A value computed over the rows of a group.</summary>
/// <param name="Arguments">None for a count of rows.</param>
/// <param name="Where">Only rows for which this is true count.</param>
/// <param name="OrderBy">The order for first, last and list.</param>
public sealed record AggregateExpr(Aggregate Aggregate, Sequence<Expr> Arguments, bool Distinct = false, Expr? Where = null, Sequence<SortKey> OrderBy = default) : Expr;

/// <summary>A value computed over the rows near this one.</summary>
/// <param name="Value">An <see cref="AggregateExpr"/> or a <see cref="RankExpr"/>.</param>
public sealed record WindowExpr(Expr Value, Sequence<Expr> PartitionBy, Sequence<SortKey> OrderBy, WindowFrame? Frame = null) : Expr;

/// <summary>Row number, rank, lag and their like; only inside a <see cref="WindowExpr"/>.</summary>
public sealed record RankExpr(RankKind Kind, Sequence<Expr> Arguments) : Expr;

public enum RankKind
{
    RowNumber,
    Rank,
    DenseRank,
    PercentRank,
    CumulativeShare,

    /// <summary>Argument: how many buckets.</summary>
    Bucket,

    /// <summary>Arguments: value, rows back, value where there is no such row.</summary>
    Lag,

    /// <summary>Arguments: value, rows ahead, value where there is no such row.</summary>
    Lead,
    FirstValue,
    LastValue,

    /// <summary>The nearest value at or before this row that isn't null.</summary>
    LastKnown,

    /// <summary>The nearest value at or after this row that isn't null.</summary>
    NextKnown,
}

public sealed record SortKey(Expr Value, bool Descending = false, bool NullsFirst = false);

/// <summary>A struct of named values.</summary>
public sealed record StructExpr(Sequence<NamedExpr> Fields) : Expr;

/// <summary>A value and the column it becomes.</summary>
public sealed record NamedExpr(string Name, Expr Value);
