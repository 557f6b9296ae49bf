namespace Millrace.Plans;

/// <summary>The order of any two values of one type, wherever they lie. Inside nested values nulls come last and equal each other.</summary>
static class ValueOrder
{
    internal static int Compare(Column a, int i, Column b, int j)
    {
        switch (a)
        {
            case BytesColumn x:
                return x[i].SequenceCompareTo(((BytesColumn)b)[j]);
            case Column<bool> x:
                return x.Values[i].CompareTo(((Column<bool>)b).Values[j]);
            case Column<short> x:
                return x.Values[i].CompareTo(((Column<short>)b).Values[j]);
            case Column<int> x:
                return x.Values[i].CompareTo(((Column<int>)b).Values[j]);
            case Column<long> x:
                return x.Values[i].CompareTo(((Column<long>)b).Values[j]);
            case Column<Int128> x:
                return x.Values[i].CompareTo(((Column<Int128>)b).Values[j]);
            case Column<Guid> x:
                return x.Values[i].CompareTo(((Column<Guid>)b).Values[j]);
            case Column<float> x:
                return Floats(x.Values[i], ((Column<float>)b).Values[j]);
            case Column<double> x:
                return Floats(x.Values[i], ((Column<double>)b).Values[j]);
            case StructColumn x:
                for (var c = 0; c < x.Children.Length; c++)
                {
                    var order = CompareOrNull(x.Children[c], i, ((StructColumn)b).Children[c], j);
                    if (order != 0) return order;
                }
                return 0;
            case ListColumn x:
                var (left, right) = (x.Views[i], ((ListColumn)b).Views[j]);
                for (var k = 0; k < Math.Min(left.Length, right.Length); k++)
                {
                    var order = CompareOrNull(x.Items, left.Start + k, ((ListColumn)b).Items, right.Start + k);
                    if (order != 0) return order;
                }
                return left.Length.CompareTo(right.Length);
            default:
                throw new PlanException($"Values of {a.Type} have no order.");
        }
    }

    /// <summary>Nulls last, equal among themselves.</summary>
    internal static int CompareOrNull(Column a, int i, Column b, int j) => (a.IsNull(i), b.IsNull(j)) switch
    {
        (true, true) => 0,
        (true, false) => 1,
        (false, true) => -1,
        _ => Compare(a, i, b, j),
    };

    // CompareTo of .NET puts NaN first.
    static int Floats(double a, double b) => (double.IsNaN(a), double.IsNaN(b)) switch
    {
        (true, true) => 0,
        (true, false) => 1,
        (false, true) => -1,
        _ => a == b ? 0 : a < b ? -1 : 1,
    };
}
