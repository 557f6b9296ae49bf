using static Millrace.Plans.TypeRules;

namespace Millrace.Plans;

/// <summary>A function over the rows of a group. All but count leave nulls out, and give null where no row is left.</summary>
public sealed class Aggregate
{
    static readonly Dictionary<string, Aggregate> byName = new(StringComparer.Ordinal);

    readonly Func<Typed[], DataType?> typing;
    readonly int least, most;

    Aggregate(string name, int least, int most, Func<Typed[], DataType?> typing)
    {
        (Name, this.least, this.most, this.typing) = (name, least, most, typing);
        byName.Add(name, this);
    }

    public string Name { get; }

    /// <summary>Without an argument all rows, with one those where it isn't null.</summary>
    public static Aggregate Count { get; } = new("count", 0, 1, _ => DataType.Int64);

    /// <summary>Integers sum to int64; leaving its range is an error. Decimals keep their scale at full precision.</summary>
    public static Aggregate Sum { get; } = new("sum", 1, 1, a => a[0].Type switch
    {
        { IsInteger: true } => DataType.Int64,
        { IsFloat: true } => DataType.Float64,
        DecimalType d => DataType.Decimal(DecimalType.MaxPrecision, d.Scale),
        { Kind: TypeKind.Duration } => DataType.Duration,
        _ => null,
    });

    /// <summary>Always float64.</summary>
    public static Aggregate Average { get; } = new("average", 1, 1, Number);
    public static Aggregate Min { get; } = new("min", 1, 1, a => a[0].Type.IsNested ? null : a[0].Type);
    public static Aggregate Max { get; } = new("max", 1, 1, a => a[0].Type.IsNested ? null : a[0].Type);

    /// <summary>Of a sample: divided by n - 1.</summary>
    public static Aggregate Deviation { get; } = new("deviation", 1, 1, Number);
    public static Aggregate Variance { get; } = new("variance", 1, 1, Number);

    /// <summary>Value, share between 0 and 1 (a constant); between two values it interpolates.</summary>
    public static Aggregate Percentile { get; } = new("percentile", 2, 2, Number);
    public static Aggregate Median { get; } = new("median", 1, 1, Number);

    /// <summary>By the aggregate's own order, the first value, null or not.</summary>
    public static Aggregate First { get; } = new("first", 1, 1, a => a[0].Type);
    public static Aggregate Last { get; } = new("last", 1, 1, a => a[0].Type);

    /// <summary>All values, nulls with them, in the aggregate's order.</summary>
    public static Aggregate List { get; } = new("list", 1, 1, a => DataType.List(a[0].Type, a[0].Nullable));

    /// <summary>Text, separator (a constant).</summary>
    public static Aggregate Join { get; } = new("join", 2, 2, a => a.All(IsText) ? DataType.Text : null);
    public static Aggregate All { get; } = new("all", 1, 1, Truth);
    public static Aggregate Any { get; } = new("any", 1, 1, Truth);

    public static IReadOnlyCollection<Aggregate> Catalogue => byName.Values;

    /// <exception cref="PlanException">There is no aggregate of that name.</exception>
    public static Aggregate Named(string name) =>
        byName.TryGetValue(name, out var aggregate) ? aggregate : throw new PlanException($"There is no aggregate '{name}'.");

    /// <summary>A use of it.</summary>
    public AggregateExpr Of(params ReadOnlySpan<Expr> arguments) => new(this, [.. arguments]);

    internal Typed? TypeOf(Typed[] arguments) =>
        arguments.Length >= least && arguments.Length <= most && typing(arguments) is { } type
            ? new Typed(type, this != Count)
            : null;

    public override string ToString() => Name;

    static DataType? Number(Typed[] a) => a[0].Type.IsNumeric ? DataType.Float64 : null;
    static DataType? Truth(Typed[] a) => a[0].Type.Kind == TypeKind.Boolean ? DataType.Boolean : null;
}
