namespace Millrace.Plans;

/// <summary>The least or greatest value; of booleans, whether all or any are true.</summary>
static class ExtremeAccumulators
{
    internal static Accumulator For(bool greatest, DataType type) => Physical.Of(type) switch
    {
        Physical.Form.Bool => new ExtremeAccumulator<bool, ComparisonKernels.Booleans>(type, greatest),
        Physical.Form.Short => new ExtremeAccumulator<short, ComparisonKernels.Numbers<short>>(type, greatest),
        Physical.Form.Int => new ExtremeAccumulator<int, ComparisonKernels.Numbers<int>>(type, greatest),
        Physical.Form.Long => new ExtremeAccumulator<long, ComparisonKernels.Numbers<long>>(type, greatest),
        Physical.Form.Float => new ExtremeAccumulator<float, ComparisonKernels.Floats<float>>(type, greatest),
        Physical.Form.Double => new ExtremeAccumulator<double, ComparisonKernels.Floats<double>>(type, greatest),
        Physical.Form.Int128 => new ExtremeAccumulator<Int128, ComparisonKernels.Numbers<Int128>>(type, greatest),
        Physical.Form.Guid => new ExtremeAccumulator<Guid, ComparisonKernels.Uuids>(type, greatest),
        _ => new ChosenRowAccumulator(type, [new SortKey(new ColumnExpr("value"), Descending: greatest)], last: false, skipNulls: true),
    };
}

sealed class ExtremeAccumulator<T, TOrder>(DataType type, bool greatest) : Accumulator(type)
    where T : unmanaged where TOrder : struct, ComparisonKernels.IOrder<T>
{
    T[] best = [];
    bool[] known = [];

    internal override void Add(ReadOnlySpan<Column> arguments, ReadOnlySpan<int> groups, int groupCount)
    {
        Fit(ref best, groupCount);
        Fit(ref known, groupCount);
        Add(((Column<T>)arguments[0]).Values, arguments[0].Nulls, groups);
    }

    void Add(ReadOnlySpan<T> values, ReadOnlySpan<bool> nulls, ReadOnlySpan<int> groups)
    {
        var (b, k) = (best, known);
        for (var i = 0; i < groups.Length; i++)
        {
            if (nulls.Length > 0 && nulls[i]) continue;
            var g = groups[i];
            var value = values[i];
            if (k[g] && !(greatest ? TOrder.Less(b[g], value) : TOrder.Less(value, b[g]))) continue;
            (b[g], k[g]) = (value, true);
        }
    }

    internal override void Merge(Accumulator other, ReadOnlySpan<int> groups, int groupCount)
    {
        Fit(ref best, groupCount);
        Fit(ref known, groupCount);
        var from = (ExtremeAccumulator<T, TOrder>)other;
        var nulls = new bool[groups.Length];
        Fit(ref from.best, groups.Length);
        for (var g = 0; g < nulls.Length; g++) nulls[g] = !from.known.At(g);
        Add(from.best, nulls, groups);
    }

    internal override Column Build(int groupCount)
    {
        Fit(ref best, groupCount);
        Fit(ref known, groupCount);
        var missing = Array.ConvertAll(known[..groupCount], k => !k);
        return new Column<T>(Type, best.AsSpan(0, groupCount).ToArray(), missing.Contains(true) ? missing : default(ReadOnlyMemory<bool>));
    }
}
