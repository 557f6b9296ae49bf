namespace Millrace.Plans;

/// <summary>
/// An aggregate on its way, for many groups at once: takes rows batch by batch, can take over another of its kind that
/// saw other rows, and can tell its results at any time.
/// </summary>
abstract class Accumulator(DataType type)
{
    internal DataType Type { get; } = type;

    /// <param name="arguments">The aggregate's arguments, then the keys of its order.</param>
    /// <param name="groups">The group of each row; below <paramref name="groupCount"/>.</param>
    internal abstract void Add(ReadOnlySpan<Column> arguments, ReadOnlySpan<int> groups, int groupCount);

    /// <summary>Takes the other's rows as if they came after its own.</summary>
    /// <param name="groups">What each of the other's groups is called here.</param>
    internal abstract void Merge(Accumulator other, ReadOnlySpan<int> groups, int groupCount);

    internal abstract Column Build(int groupCount);

    internal static Accumulator For(AggregateExpr expr, Schema input)
    {
        var type = expr.TypeIn(input).Type;
        var arguments = expr.Arguments.Select(a => a.TypeIn(input).Type).ToArray();
        var plain = Plain(expr, type, arguments);
        return expr.Distinct ? new DistinctAccumulator(plain, [.. arguments, .. expr.OrderBy.Select(k => k.Value.TypeIn(input).Type)]) : plain;
    }

    static Accumulator Plain(AggregateExpr expr, DataType type, DataType[] arguments) => expr.Aggregate.Name switch
    {
        "count" => new CountAccumulator(),
        "sum" or "average" => SumAccumulators.For(expr.Aggregate.Name == "average", type, arguments[0]),
        "min" or "max" or "all" or "any" => ExtremeAccumulators.For(expr.Aggregate.Name is "max" or "any", type),
        "variance" or "deviation" => new SpreadAccumulator(arguments[0], root: expr.Aggregate.Name == "deviation"),
        "median" => new PercentileAccumulator(arguments[0], 0.5),
        "percentile" => new PercentileAccumulator(arguments[0], ShareOf(expr.Arguments[1])),
        "first" => new ChosenRowAccumulator(type, expr.OrderBy, last: false),
        "last" => new ChosenRowAccumulator(type, expr.OrderBy, last: true),
        "list" => new ListAccumulator(type, arguments[0], expr.OrderBy),
        "join" => new JoinAccumulator(arguments[0], expr.OrderBy),
        var other => throw new PlanException($"The streaming engine has no aggregate '{other}'."),
    };

    static double ShareOf(Expr expr)
    {
        if (new KernelCompiler(Schema.Empty).Compile(expr, DataType.Float64) is not ConstantKernel { IsNull: false, Value: Column<double> share })
            throw new PlanException("The share of a percentile must be a constant.");
        return share.Values[0] is >= 0 and <= 1 and var value ? value : throw new PlanException($"The share of a percentile lies between 0 and 1, and {share.Values[0]} doesn't.");
    }

    private protected static void Fit<T>(ref T[] array, int count)
    {
        if (array.Length < count) Array.Resize(ref array, Math.Max(count, Math.Max(64, array.Length * 2)));
    }

    /// <summary>Marks the groups without a value; none where all have one.</summary>
    private protected static ReadOnlyMemory<bool> Missing(ReadOnlySpan<long> counts, int least = 1)
    {
        var marks = new bool[counts.Length];
        var any = false;
        for (var g = 0; g < marks.Length; g++) any |= marks[g] = counts[g] < least;
        return any ? marks : default;
    }
}

/// <summary>Rows, or where there is an argument, those in which it isn't null.</summary>
sealed class CountAccumulator() : Accumulator(DataType.Int64)
{
    long[] counts = [];

    internal override void Add(ReadOnlySpan<Column> arguments, ReadOnlySpan<int> groups, int groupCount)
    {
        Fit(ref counts, groupCount);
        var all = counts;
        if (arguments.Length == 0 || !arguments[0].MayHaveNulls)
        {
            foreach (var group in groups) all[group]++;
            return;
        }
        var nulls = arguments[0].Nulls;
        for (var i = 0; i < groups.Length; i++)
            if (!nulls[i]) all[groups[i]]++;
    }

    internal override void Merge(Accumulator other, ReadOnlySpan<int> groups, int groupCount)
    {
        Fit(ref counts, groupCount);
        for (var g = 0; g < groups.Length; g++) counts[groups[g]] += ((CountAccumulator)other).counts.At(g);
    }

    internal override Column Build(int groupCount)
    {
        Fit(ref counts, groupCount);
        return new Column<long>(Type, counts.AsSpan(0, groupCount).ToArray());
    }
}

static class GroupArrays
{
    /// <summary>The item, or the default where the array never grew so far.</summary>
    internal static T? At<T>(this T[] array, int index) => index < array.Length ? array[index] : default;
}

/// <summary>Lets each value of a group through once.</summary>
sealed class DistinctAccumulator(Accumulator inner, DataType[] types) : Accumulator(inner.Type)
{
    readonly GroupTable seen = new([DataType.Int32, .. types.Take(1)]);

    // The same rows once more as columns, for a merge: the group, then the arguments.
    readonly GrowingColumn[] kept = [GrowingColumn.For(DataType.Int32), .. types.Select(GrowingColumn.For)];

    internal override void Add(ReadOnlySpan<Column> arguments, ReadOnlySpan<int> groups, int groupCount)
    {
        var group = new Column<int>(DataType.Int32, groups.ToArray());
        using var memory = new BatchMemory();
        var ids = memory.Rent<int>(groups.Length);
        var fresh = memory.Rent<int>(groups.Length);
        var added = seen.Add([group, arguments[0]], groups.Length, ids, fresh);
        var rows = fresh.AsSpan(0, added);
        kept[0].Append(group, rows);
        var taken = new Column[arguments.Length];
        for (var a = 0; a < taken.Length; a++)
        {
            kept[a + 1].Append(arguments[a], rows);
            taken[a] = arguments[a].Take(rows, memory);
        }
        inner.Add(taken, ((Column<int>)group.Take(rows, memory)).Values, groupCount);
    }

    internal override void Merge(Accumulator other, ReadOnlySpan<int> groups, int groupCount)
    {
        var columns = ((DistinctAccumulator)other).kept.Select(k => k.Build()).ToArray();
        var mapped = ((Column<int>)columns[0]).Values.ToArray();
        for (var i = 0; i < mapped.Length; i++) mapped[i] = groups[mapped[i]];
        Add(columns.AsSpan(1), mapped, groupCount);
    }

    internal override Column Build(int groupCount) => inner.Build(groupCount);
}
