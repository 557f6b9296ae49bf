namespace Millrace.Plans;

/// <summary>Whether a value is one of several: equal to one, true; else null if one of them, or the value, is null.</summary>
static class InKernels
{
    internal static Kernel Compile(Kernel[] arguments, DataType type)
    {
        if (arguments[0] is ConstantKernel { IsNull: true }) return ConstantKernel.Null(type);
        var common = arguments.Select(a => a.Type).Aggregate((a, b) => TypeRules.Common(a, b) ?? throw new PlanException($"{a} and {b} don't meet in a list. Cast one of them."));
        var value = KernelCompiler.Coerce(arguments[0], common);
        var others = arguments.Skip(1).Select(a => KernelCompiler.Coerce(a, common)).ToArray();
        if (others.Any(o => o is not ConstantKernel)) return new InComputedKernel(value, others);
        var constants = others.Cast<ConstantKernel>().ToList();
        var known = constants.Where(c => !c.IsNull).Select(c => c.Value).ToArray();
        var orNull = known.Length < constants.Count;
        return Physical.Of(common) switch
        {
            Physical.Form.Short => new InValuesKernel<short>(value, Set<short>(known), orNull),
            Physical.Form.Int => new InValuesKernel<int>(value, Set<int>(known), orNull),
            Physical.Form.Long => new InValuesKernel<long>(value, Set<long>(known), orNull),
            Physical.Form.Float => new InValuesKernel<float>(value, Set<float>(known), orNull),
            Physical.Form.Double => new InValuesKernel<double>(value, Set<double>(known), orNull),
            Physical.Form.Int128 => new InValuesKernel<Int128>(value, Set<Int128>(known), orNull),
            Physical.Form.Guid => new InValuesKernel<Guid>(value, Set<Guid>(known), orNull),
            Physical.Form.Bytes => new InBytesKernel(value, known, orNull),
            _ => new InComputedKernel(value, others),
        };
    }

    static HashSet<T> Set<T>(Column[] values) where T : unmanaged => [.. values.Select(v => ((Column<T>)v).Values[0])];

    internal static Operand Marked(Evaluation rows, bool[] found, Column value, bool orNull)
    {
        var count = rows.Count;
        if (!orNull) return new(new Column<bool>(DataType.Boolean, found.AsMemory(0, count), value.NullMarks));
        var marks = rows.Rent<bool>();
        for (var i = 0; i < count; i++) marks[i] = value.IsNull(i) || !found[i];
        return new(new Column<bool>(DataType.Boolean, found.AsMemory(0, count), marks.AsMemory(0, count)));
    }
}

sealed class InValuesKernel<T>(Kernel value, HashSet<T> among, bool orNull) : Kernel(DataType.Boolean) where T : unmanaged
{
    internal override bool MayFail => value.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var column = (Column<T>)value.Column(rows);
        var found = rows.Rent<bool>();
        var values = column.Values;
        for (var i = 0; i < values.Length; i++) found[i] = among.Contains(values[i]);
        return InKernels.Marked(rows, found, column, orNull);
    }
}

sealed class InBytesKernel : Kernel
{
    readonly Kernel value;
    readonly bool orNull;
    readonly Dictionary<ulong, byte[][]> byHash;

    internal InBytesKernel(Kernel value, Column[] among, bool orNull) : base(DataType.Boolean)
    {
        (this.value, this.orNull) = (value, orNull);
        byHash = among.Cast<BytesColumn>().Select(c => c[0].ToArray()).GroupBy(b => Hashing.Of(b)).ToDictionary(g => g.Key, g => g.ToArray());
    }

    internal override bool MayFail => value.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var column = (BytesColumn)value.Column(rows);
        var found = rows.Rent<bool>();
        for (var i = 0; i < column.Count; i++) found[i] = !column.IsNull(i) && Contains(column[i]);
        return InKernels.Marked(rows, found, column, orNull);
    }

    bool Contains(ReadOnlySpan<byte> sought)
    {
        if (!byHash.TryGetValue(Hashing.Of(sought), out var candidates)) return false;
        foreach (var one in candidates)
            if (sought.SequenceEqual(one)) return true;
        return false;
    }
}

/// <summary>Among values that are computed too.</summary>
sealed class InComputedKernel(Kernel value, Kernel[] others) : Kernel(DataType.Boolean)
{
    internal override bool MayFail => value.MayFail || others.Any(o => o.MayFail);

    internal override Operand Run(Evaluation rows)
    {
        var column = value.Column(rows);
        var found = rows.Rent<bool>();
        var marks = rows.Rent<bool>();
        Array.Clear(found, 0, rows.Count);
        for (var i = 0; i < rows.Count; i++) marks[i] = column.IsNull(i);
        foreach (var other in others)
        {
            var y = other.Run(rows);
            for (var i = 0; i < rows.Count; i++)
            {
                if (column.IsNull(i)) continue;
                if (y.IsNull(i)) marks[i] = true;
                else if (ValueOrder.Compare(column, i, y.Column, y.Constant ? 0 : i) == 0) found[i] = true;
            }
        }
        for (var i = 0; i < rows.Count; i++) marks[i] = marks[i] && !found[i];
        return new(new Column<bool>(DataType.Boolean, found.AsMemory(0, rows.Count), marks.AsMemory(0, rows.Count)));
    }
}
