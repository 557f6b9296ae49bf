using Millrace.Data;
using Millrace.Plans;

namespace Millrace.Testing.Plans;

/// <summary>What one may do with a value so that all executors can be held to one answer.</summary>
/// <param name="Tame">It may be reckoned with: no result leaves its type.</param>
/// <param name="Exact">Its last digit doesn't depend on the order of additions: it may be compared, grouped and rounded.</param>
/// <param name="Bound">Of a number: the greatest magnitude.</param>
readonly record struct Trait(bool Tame, bool Exact, double Bound)
{
    internal static Trait Known => new(true, true, 1000);
    internal static Trait Wild => new(false, true, double.PositiveInfinity);
    internal static Trait Inexact => new(false, false, double.PositiveInfinity);
}

/// <summary>A plan, and what is known of its columns.</summary>
sealed record Scope(Relation Plan, IReadOnlyList<Trait> Traits)
{
    internal Schema Schema => Plan.Schema;
    internal IEnumerable<(Field Field, Trait Trait)> Columns => Schema.Zip(Traits);

    /// <summary>Columns that rows may be compared, grouped and put in order by.</summary>
    internal List<Field> Keys => [.. Columns.Where(c => c.Trait.Exact && !c.Field.Type.IsNested).Select(c => c.Field)];

    /// <summary>Columns that rows may be grouped by: lists and structs with them, unless a map is inside.</summary>
    internal List<Field> Groupable => [.. Columns.Where(c => c.Trait.Exact && !HasMap(c.Field.Type)).Select(c => c.Field)];

    /// <summary>Whether rows are equal or not without doubt.</summary>
    internal bool Distinguishable => Groupable.Count == Schema.Count;

    /// <summary>Whether the order of the rows says which is first, except among equal ones.</summary>
    internal bool Ordered => HasOrder(Plan);

    /// <summary>Whether an order by the keys leaves nothing open.</summary>
    internal bool Sortable => Keys.Count == Schema.Count;
    internal Sequence<SortKey> WholeOrder => Keys.Select(k => new SortKey(new ColumnExpr(k.Name))).ToSequence();

    internal static bool HasOrder(Relation plan) => plan switch
    {
        Scan => true,
        Sort sort => sort.Schema.All(f => sort.Keys.Any(k => k.Value is ColumnExpr column && column.Name == f.Name)),
        Bin bin => bin.By == BinBy.Edges && HasOrder(bin.Input),
        Fill fill => fill.With == FillWith.Value && HasOrder(fill.Input),
        Filter or Project or Check or Limit or Sample or Flatten or Unpivot or Compute or Rename or Drop or Reorder or ConvertUnits or SplitColumn or ExtractColumns => HasOrder(plan.Inputs[0]),
        _ => false,
    };

    static bool HasMap(DataType type) => type switch
    {
        MapType => true,
        ListType list => HasMap(list.Item.Type),
        StructType made => made.Fields.Any(f => HasMap(f.Type)),
        _ => false,
    };
}

/// <summary>An expression of a known type, and what may be done with its value.</summary>
readonly record struct Made(Expr Expr, Trait Trait);
