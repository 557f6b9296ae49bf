namespace Millrace.Plans;

/// <summary>
/// A function of one value. It must bear any bits, since rows that are null are computed too and thrown away; false
/// where there is no result.
/// </summary>
interface IUnary<TIn, TOut>
{
    bool Try(TIn value, out TOut result);

    /// <summary>Rule and remedy for a value without a result.</summary>
    (string Rule, string Remedy) Why(TIn value) => ("no result", "");
}

/// <inheritdoc cref="IUnary{TIn, TOut}"/>
interface IBinary<TA, TB, TOut>
{
    bool Try(TA a, TB b, out TOut result);
    (string Rule, string Remedy) Why(TA a, TB b) => ("no result", "");
}

/// <summary>A function of one fixed-size value, applied to a column in one loop that the JIT specialises for it.</summary>
/// <param name="lenient">Whether a value without a result becomes null.</param>
sealed class UnaryKernel<TIn, TOut, TOp>(DataType type, Kernel input, TOp op, bool mayFail = false, bool lenient = false) : Kernel(type)
    where TIn : unmanaged where TOut : unmanaged where TOp : struct, IUnary<TIn, TOut>
{
    readonly TOp op = op;

    internal override bool MayFail => mayFail || input.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var x = new Operand(input.Column(rows));
        var values = x.Values<TIn>();
        var result = rows.Rent<TOut>();
        var marks = x.Column.NullMarks;
        bool[]? missing = null;
        var f = op;
        for (var i = 0; i < values.Length; i++)
        {
            if (f.Try(values[i], out result[i]) || x.Column.IsNull(i)) continue;
            if (lenient)
            {
                missing ??= Missing(rows, marks);
                missing[i] = true;
                continue;
            }
            var (rule, remedy) = f.Why(values[i]);
            rows.Fail(i, new Fault(rule, Expression, x.Display(i), $"{rule} for {x.Display(i)} in {Expression}.{remedy}"));
        }
        return new(new Column<TOut>(Type, result.AsMemory(0, values.Length), missing is null ? marks : missing.AsMemory(0, values.Length)));
    }

    internal static bool[] Missing(Evaluation rows, ReadOnlyMemory<bool> marks)
    {
        var missing = rows.Rent<bool>();
        missing.AsSpan(0, rows.Count).Clear();
        marks.Span.CopyTo(missing);
        return missing;
    }
}

/// <summary>A function of two fixed-size values, one of which may be the same for all rows.</summary>
sealed class BinaryKernel<TA, TB, TOut, TOp>(DataType type, Kernel left, Kernel right, TOp op, bool mayFail = false) : Kernel(type)
    where TA : unmanaged where TB : unmanaged where TOut : unmanaged where TOp : struct, IBinary<TA, TB, TOut>
{
    readonly TOp op = op;

    internal override bool MayFail => mayFail || left.MayFail || right.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var (x, y) = (left.Run(rows), right.Run(rows));
        // Two constants come here only where folding them failed: then each row fails alike.
        if (x.Constant && y.Constant) x = new Operand(x.Spread(rows.Count, rows.Memory));
        var count = rows.Count;
        var a = x.Values<TA>();
        var b = y.Values<TB>();
        var result = rows.Rent<TOut>();
        var f = op;
        if (y.Constant)
        {
            var constant = b[0];
            for (var i = 0; i < a.Length; i++)
                if (!f.Try(a[i], constant, out result[i])) Fail(rows, x, y, i, f.Why(a[i], constant));
        }
        else if (x.Constant)
        {
            var constant = a[0];
            for (var i = 0; i < b.Length; i++)
                if (!f.Try(constant, b[i], out result[i])) Fail(rows, x, y, i, f.Why(constant, b[i]));
        }
        else
        {
            b = b[..a.Length];
            for (var i = 0; i < a.Length; i++)
                if (!f.Try(a[i], b[i], out result[i])) Fail(rows, x, y, i, f.Why(a[i], b[i]));
        }
        return new(new Column<TOut>(Type, result.AsMemory(0, count), NullMarks.Either(rows, x, y)));
    }

    void Fail(Evaluation rows, Operand x, Operand y, int row, (string Rule, string Remedy) why)
    {
        if (x.IsNull(row) || y.IsNull(row)) return;
        var values = $"{x.Display(row)} and {y.Display(row)}";
        rows.Fail(row, new Fault(why.Rule, Expression, values, $"{why.Rule} for {values} in {Expression}.{why.Remedy}"));
    }
}
