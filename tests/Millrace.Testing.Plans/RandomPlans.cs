using Millrace.Data;
using Millrace.Plans;

namespace Millrace.Testing.Plans;

/// <summary>
/// Random plans over random tables, well typed, none of which fails, and each with one right answer on every executor:
/// whatever depends on the order of additions is not compared or grouped by, and whatever depends on the order of rows says
/// its order. The same seed gives the same plans.
/// </summary>
public sealed partial class RandomPlans
{
    static readonly string[] stems = ["id", "name", "Amount", "at", "select", "with space", "q\"uote", "ünï", "x"];

    readonly RandomPlanOptions options;
    readonly Random random;
    readonly RandomValues values;
    readonly RandomExprs exprs;
    readonly List<MemoryTable> tables = [];
    readonly List<Scope> scans = [];
    int names;

    public RandomPlans(int seed, RandomPlanOptions? options = null)
    {
        Seed = seed;
        this.options = options ?? new();
        random = new Random(seed);
        values = new RandomValues(random);
        exprs = new RandomExprs(random, values, this.options);
    }

    public int Seed { get; }

    /// <summary>The tables that the plans so far read.</summary>
    public IReadOnlyList<MemoryTable> Tables => tables;

    public Relation Plan() => Grow(options.Steps).Plan;

    /// <summary>An expression over the first table, for what tests expressions alone.</summary>
    public (Scan Over, Expr Value) Expression()
    {
        var scope = Table();
        return ((Scan)scope.Plan, exprs.Of(scope, values.Pick(options.Types), 3).Expr);
    }

    Scope Grow(int steps)
    {
        var scope = Table();
        while (steps > 0)
        {
            var before = scope;
            steps--;
            if (options.Joins && steps > 0 && random.Next(4) == 0)
            {
                var share = random.Next(steps);
                steps -= share;
                scope = Combine(scope, Grow(share));
            }
            else scope = Step(scope);
            if (scope.Schema.Count != scope.Traits.Count) throw new InvalidOperationException($"After {scope.Plan.GetType().Name} over {before.Plan.GetType().Name}: {scope.Schema.Count} columns, {scope.Traits.Count} traits.");
        }
        return scope;
    }

    // Sometimes a table that was read before: plans join tables with themselves.
    Scope Table()
    {
        if (scans.Count > 0 && random.Next(3) == 0) return values.Pick(scans);
        var fields = new List<Field>();
        var traits = new List<Trait>();
        // Enough columns of the same few types that steps find some to compare.
        var types = options.Types.OrderBy(_ => random.Next()).Take(4).Append(DataType.Int32).Where(options.Types.Contains).ToList();
        for (var i = random.Next(2, 7); i > 0; i--)
        {
            var type = options.Nested && random.Next(10) == 0 ? values.Pick(options.NestedTypes) : values.Pick(types);
            fields.Add(new Field(Name(), type, random.Next(3) > 0));
            traits.Add(random.Next(4) == 0 && type.Kind is not (TypeKind.Boolean or TypeKind.Enum) && !type.IsNested ? Trait.Wild : Trait.Known);
        }
        var rows = new object?[random.Next(5) == 0 ? 0 : random.Next(options.Rows)][];
        for (var r = 0; r < rows.Length; r++)
        {
            rows[r] = [.. fields.Zip(traits, (f, t) => f.Nullable && random.Next(6) == 0 ? null : t.Tame ? values.Tame(f.Type) : values.Wild(f.Type))];
        }
        var table = new MemoryTable($"t{tables.Count}", new Schema(fields), rows);
        tables.Add(table);
        scans.Add(new Scope(new Scan(table), traits));
        return scans[^1];
    }

    string Name() => $"{values.Pick(stems)}{names++}";

    /// <summary>Some of the columns, at least one, in any order.</summary>
    List<T> Some<T>(IEnumerable<T> all, int most = int.MaxValue)
    {
        var list = all.OrderBy(_ => random.Next()).ToList();
        return list.Count == 0 ? list : list[..random.Next(1, Math.Min(list.Count, most) + 1)];
    }

    static Sequence<Expr> Columns(IEnumerable<Field> fields) => fields.Select(f => (Expr)new ColumnExpr(f.Name)).ToSequence();
    static ColumnExpr Column(Field field) => new(field.Name);
    static IEnumerable<NamedExpr> Same(IEnumerable<Field> fields) => fields.Select(f => new NamedExpr(f.Name, Column(f)));
    static Trait TraitOf(Scope scope, Field field) => scope.Traits[scope.Schema.IndexOf(field.Name)];
}
