using System.Numerics;

namespace Millrace.Plans;

/// <summary>Sums and averages. Whole numbers are added exactly in wider ones, floats in float64.</summary>
static class SumAccumulators
{
    internal static Accumulator For(bool average, DataType type, DataType argument) => Physical.Of(argument) switch
    {
        Physical.Form.Short => new SumAccumulator<short, long, WholeSum<short>>(type, average, default),
        Physical.Form.Int => new SumAccumulator<int, long, WholeSum<int>>(type, average, default),
        Physical.Form.Long => new SumAccumulator<long, Int128, WideSum>(type, average, default),
        Physical.Form.Float => new SumAccumulator<float, double, FloatSum<float>>(type, average, default),
        Physical.Form.Double => new SumAccumulator<double, double, FloatSum<double>>(type, average, default),
        Physical.Form.Int128 => new SumAccumulator<Int128, Int128, DecimalSum>(type, average, new(((DecimalType)argument).Scale)),
        _ => throw new PlanException($"{argument} has no sum."),
    };

    // Of at most 32 bits: no number of rows that fits here leaves 64.
    readonly struct WholeSum<T> : ISum<T, long> where T : IBinaryInteger<T>
    {
        public bool Try(long sum, T value, out long result)
        {
            result = sum + long.CreateTruncating(value);
            return true;
        }

        public bool Join(long a, long b, out long result)
        {
            result = a + b;
            return true;
        }

        public double AsDouble(long sum) => sum;
    }

    // Only the end counts: a sum may leave 64 bits on its way and come back.
    readonly struct WideSum : ISum<long, Int128>
    {
        public bool Try(Int128 sum, long value, out Int128 result)
        {
            result = sum + value;
            return true;
        }

        public bool Join(Int128 a, Int128 b, out Int128 result)
        {
            result = a + b;
            return true;
        }

        public double AsDouble(Int128 sum) => (double)sum;
    }

    readonly struct FloatSum<T> : ISum<T, double> where T : IFloatingPoint<T>
    {
        public bool Try(double sum, T value, out double result)
        {
            result = sum + double.CreateTruncating(value);
            return true;
        }

        public bool Join(double a, double b, out double result)
        {
            result = a + b;
            return true;
        }

        public double AsDouble(double sum) => sum;
    }

    readonly struct DecimalSum(int scale) : ISum<Int128, Int128>
    {
        static readonly Int128 limit = ClrValue.PowerOfTen(DecimalType.MaxPrecision);

        public bool Try(Int128 sum, Int128 value, out Int128 result)
        {
            result = unchecked(sum + value);
            return DecimalKernels.Within(result, limit);
        }

        public bool Join(Int128 a, Int128 b, out Int128 result) => Try(a, b, out result);
        public double AsDouble(Int128 sum) => (double)sum / Math.Pow(10, scale);
    }
}

interface ISum<T, TSum>
{
    bool Try(TSum sum, T value, out TSum result);
    bool Join(TSum a, TSum b, out TSum result);
    double AsDouble(TSum sum);
}

sealed class SumAccumulator<T, TSum, TOp>(DataType type, bool average, TOp op) : Accumulator(type)
    where T : unmanaged where TSum : unmanaged where TOp : struct, ISum<T, TSum>
{
    readonly TOp op = op;
    TSum[] sums = [];
    long[] counts = [];

    internal override void Add(ReadOnlySpan<Column> arguments, ReadOnlySpan<int> groups, int groupCount)
    {
        Fit(ref sums, groupCount);
        Fit(ref counts, groupCount);
        var (s, c, f) = (sums, counts, op);
        var values = ((Column<T>)arguments[0]).Values;
        var nulls = arguments[0].Nulls;
        var fits = true;
        if (nulls.Length == 0)
        {
            values = values[..groups.Length];
            for (var i = 0; i < groups.Length; i++)
            {
                var group = groups[i];
                fits &= f.Try(s[group], values[i], out s[group]);
                c[group]++;
            }
        }
        else
        {
            for (var i = 0; i < groups.Length; i++)
            {
                if (nulls[i]) continue;
                fits &= f.Try(s[groups[i]], values[i], out s[groups[i]]);
                c[groups[i]]++;
            }
        }
        if (!fits) throw Overflow();
    }

    internal override void Merge(Accumulator other, ReadOnlySpan<int> groups, int groupCount)
    {
        Fit(ref sums, groupCount);
        Fit(ref counts, groupCount);
        var from = (SumAccumulator<T, TSum, TOp>)other;
        for (var g = 0; g < groups.Length; g++)
        {
            if (!op.Join(sums[groups[g]], from.sums.At(g), out sums[groups[g]])) throw Overflow();
            counts[groups[g]] += from.counts.At(g);
        }
    }

    internal override Column Build(int groupCount)
    {
        Fit(ref sums, groupCount);
        Fit(ref counts, groupCount);
        var missing = Missing(counts.AsSpan(0, groupCount));
        if (!average && typeof(TSum) == typeof(Int128) && Type.Kind != TypeKind.Decimal)
            return new Column<long>(Type, Array.ConvertAll(sums[..groupCount], s => (Int128)(object)s is var wide && DecimalKernels.IsSmall(wide) ? (long)wide : throw Overflow()), missing);
        if (!average) return new Column<TSum>(Type, sums.AsSpan(0, groupCount).ToArray(), missing);
        var averages = new double[groupCount];
        for (var g = 0; g < groupCount; g++) averages[g] = op.AsDouble(sums[g]) / counts[g];
        return new Column<double>(Type, averages, missing);
    }

    RowException Overflow() => new("group", null, null, null, null, $"A sum leaves the range of {Type}. Cast its values to a wider type (float64, decimal) before they are summed.");
}

/// <summary>Variance or deviation of a sample, by the running mean and the squares around it, which stays exact where a sum of squares doesn't.</summary>
sealed class SpreadAccumulator(DataType argument, bool root) : Accumulator(DataType.Float64)
{
    readonly Kernel toDouble = KernelCompiler.Coerce(new ColumnKernel(argument, 0), DataType.Float64);
    readonly Schema schema = new(new Field("value", argument));
    long[] counts = [];
    double[] means = [], squares = [];

    internal override void Add(ReadOnlySpan<Column> arguments, ReadOnlySpan<int> groups, int groupCount)
    {
        Fit(groupCount);
        using var batch = new Batch(schema, groups.Length, [arguments[0]]);
        var column = (Column<double>)toDouble.Column(new Evaluation(batch, new Faults("group", collect: false)));
        var values = column.Values;
        for (var i = 0; i < groups.Length; i++)
        {
            if (column.IsNull(i)) continue;
            var g = groups[i];
            var off = values[i] - means[g];
            means[g] += off / ++counts[g];
            squares[g] += off * (values[i] - means[g]);
        }
    }

    internal override void Merge(Accumulator other, ReadOnlySpan<int> groups, int groupCount)
    {
        Fit(groupCount);
        var from = (SpreadAccumulator)other;
        for (var g = 0; g < groups.Length; g++)
        {
            var (to, b) = (groups[g], from.counts.At(g));
            if (b == 0) continue;
            var total = counts[to] + b;
            var off = from.means[g] - means[to];
            squares[to] += from.squares[g] + off * off * ((double)counts[to] * b / total);
            means[to] += off * b / total;
            counts[to] = total;
        }
    }

    internal override Column Build(int groupCount)
    {
        Fit(groupCount);
        var result = new double[groupCount];
        for (var g = 0; g < groupCount; g++)
        {
            var variance = squares[g] / (counts[g] - 1);
            result[g] = root ? Math.Sqrt(variance) : variance;
        }
        return new Column<double>(Type, result, Missing(counts.AsSpan(0, groupCount), least: 2));
    }

    void Fit(int groupCount)
    {
        Fit(ref counts, groupCount);
        Fit(ref means, groupCount);
        Fit(ref squares, groupCount);
    }
}
