namespace Millrace.Plans;

/// <summary>
/// And, or: in three values. The right side, where it can fail, sees only the rows that the left side leaves open, as
/// with <c>&amp;&amp;</c> in C#.
/// </summary>
/// <param name="decisive">The value of one side that decides for both: false for and, true for or.</param>
sealed class LogicKernel(bool decisive, Kernel left, Kernel right) : Kernel(DataType.Boolean)
{
    internal override bool MayFail => left.MayFail || right.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var x = left.Run(rows);
        if (!right.MayFail) return Combine(rows, x, right.Run(rows));

        var column = x.Spread(rows.Count, rows.Memory);
        var open = rows.Rent<int>();
        var found = 0;
        var values = ((Column<bool>)column).Values;
        for (var i = 0; i < values.Length; i++)
            if (column.IsNull(i) || values[i] != decisive) open[found++] = i;
        if (found == rows.Count) return Combine(rows, new(column), right.Run(rows));

        var some = (Column<bool>)right.Column(rows.Only(open.AsMemory(0, found)));
        var (all, marks) = (rows.Rent<bool>(), some.MayHaveNulls ? rows.Rent<bool>() : null);
        all.AsSpan(0, rows.Count).Fill(decisive);
        marks?.AsSpan(0, rows.Count).Clear();
        for (var i = 0; i < found; i++)
        {
            all[open[i]] = some.Values[i];
            if (marks is not null) marks[open[i]] = some.Nulls[i];
        }
        return Combine(rows, new(column), new(new Column<bool>(DataType.Boolean, all.AsMemory(0, rows.Count), marks is null ? default : marks.AsMemory(0, rows.Count))));
    }

    Operand Combine(Evaluation rows, Operand x, Operand y)
    {
        if (x.Constant) (x, y) = (y, x);
        if (x.Constant) x = new(x.Spread(rows.Count, rows.Memory));
        if (y.Constant)
        {
            if (!y.IsNull(0)) return y.Values<bool>()[0] == decisive ? y : x;
            y = new(y.Spread(rows.Count, rows.Memory));
        }
        var a = x.Values<bool>();
        var b = y.Values<bool>();
        var result = rows.Rent<bool>();
        var target = result.AsSpan(0, rows.Count);
        if (!x.Column.MayHaveNulls && !y.Column.MayHaveNulls)
        {
            if (decisive) NullMarks.Or(a, b, target);
            else NullMarks.And(a, b, target);
            return new(new Column<bool>(DataType.Boolean, result.AsMemory(0, rows.Count)));
        }
        var marks = rows.Rent<bool>();
        for (var i = 0; i < target.Length; i++)
        {
            var (aNull, bNull) = (x.Column.IsNull(i), y.Column.IsNull(i));
            var decided = (!aNull && a[i] == decisive) || (!bNull && b[i] == decisive);
            target[i] = decided == decisive;
            marks[i] = !decided && (aNull || bNull);
        }
        return new(new Column<bool>(DataType.Boolean, result.AsMemory(0, rows.Count), marks.AsMemory(0, rows.Count)));
    }
}

sealed class NotKernel(Kernel input) : Kernel(DataType.Boolean)
{
    internal override bool MayFail => input.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var column = (Column<bool>)input.Column(rows);
        var result = rows.Rent<bool>();
        NullMarks.Not(column.Values, result.AsSpan(0, rows.Count));
        return new(new Column<bool>(DataType.Boolean, result.AsMemory(0, rows.Count), column.NullMarks));
    }
}

sealed class IsNullKernel(Kernel input) : Kernel(DataType.Boolean)
{
    static readonly ConstantKernel never = new(new Column<bool>(DataType.Boolean, new[] { false }));

    internal override bool MayFail => input.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var x = input.Run(rows);
        if (x.Constant) return new(new Column<bool>(DataType.Boolean, new[] { x.IsNull(0) }), Constant: true);
        return x.Column.MayHaveNulls ? new(new Column<bool>(DataType.Boolean, x.Column.NullMarks)) : never.Run(rows);
    }
}

/// <summary>Equal, or both null.</summary>
sealed class SameKernel(Kernel left, Kernel right, Kernel equals) : Kernel(DataType.Boolean)
{
    internal override bool MayFail => equals.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var (x, y, same) = (left.Run(rows), right.Run(rows), (Column<bool>)equals.Column(rows));
        if (!x.Column.MayHaveNulls && !y.Column.MayHaveNulls) return new(same);
        var result = rows.Rent<bool>();
        for (var i = 0; i < rows.Count; i++) result[i] = (x.IsNull(i), y.IsNull(i)) switch
        {
            (true, true) => true,
            (false, false) => same.Values[i],
            _ => false,
        };
        return new(new Column<bool>(DataType.Boolean, result.AsMemory(0, rows.Count)));
    }
}
