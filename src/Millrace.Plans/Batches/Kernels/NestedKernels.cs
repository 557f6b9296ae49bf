namespace Millrace.Plans;

/// <summary>Functions and casts of structs, lists and maps.</summary>
static class NestedKernels
{
    internal static Kernel? TryCompile(string name, DataType type, Kernel[] a, CallExpr call) => name switch
    {
        "field" when a[0].Type is StructType s && call.Arguments[1] is LiteralExpr { Value: string field } => new FieldKernel(type, a[0], s.Fields.IndexOf(field)),
        "element" => new ElementKernel(type, a[0], KernelCompiler.Coerce(a[1], DataType.Int64)),
        "lookup" when a[0].Type is MapType map => new LookupKernel(type, a[0], KernelCompiler.Coerce(a[1], map.Key.Type)),
        "item_count" => new ItemCountKernel(a[0]),
        _ => null,
    };

    internal static Kernel? TryCast(Kernel input, DataType to, bool lenient, bool rounds)
    {
        if (input.Type is ListType from && to is ListType list)
            return new ItemsCastKernel(to, input, CastKernels.Compile(new ColumnKernel(from.Item.Type, 0), list.Item.Type, lenient, rounds));
        if (input.Type is StructType s && to is StructType t && s.Fields.Count == t.Fields.Count)
            return new FieldsCastKernel(to, input, [.. t.Fields.Select((f, i) => CastKernels.Compile(new ColumnKernel(s.Fields[i].Type, i), f.Type, lenient, rounds))]);
        return null;
    }

    /// <summary>A kernel run over other columns than the batch's own; what fails there is told of row <paramref name="rowOf"/>.</summary>
    internal static Column RunOver(Evaluation rows, Kernel kernel, Column[] columns, int count, Func<int, int> rowOf)
    {
        var schema = new Schema(columns.Select((c, i) => new Field($"c{i}", c.Type)));
        // The outer batch keeps the memory; this one only lends its columns.
        using var inner = new Batch(schema, count, columns, rows.Memory.Retain());
        var faults = new Faults("", collect: true);
        var result = kernel.Column(new Evaluation(inner, faults));
        foreach (var (row, fault) in faults.InOrder)
            if (rowOf(row) is >= 0 and var outer) rows.Fail(outer, fault);
        return result;
    }
}

sealed class FieldKernel(DataType type, Kernel input, int field) : Kernel(type)
{
    internal override bool MayFail => input.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var column = (StructColumn)input.Column(rows);
        var child = column.Children[field];
        return new(column.MayHaveNulls ? Marked.Of(child, NullMarks.Either(rows, new(column), new(child))) : child);
    }
}

sealed class ElementKernel(DataType type, Kernel list, Kernel position) : Kernel(type)
{
    internal override bool MayFail => list.MayFail || position.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var (column, at) = ((ListColumn)list.Column(rows), position.Run(rows));
        var (places, targets) = (rows.Rent<int>(), rows.Rent<int>());
        var found = 0;
        for (var i = 0; i < rows.Count; i++)
        {
            if (column.IsNull(i) || at.IsNull(i)) continue;
            var index = at.Values<long>()[at.Constant ? 0 : i];
            if (index < 0 || index >= column.Views[i].Length) continue;
            places[found] = column.Views[i].Start + (int)index;
            targets[found++] = i;
        }
        var result = new Scatter(rows, Type);
        if (found > 0) result.Add(new(column.Items.Take(places.AsSpan(0, found), rows.Memory)), targets.AsMemory(0, found));
        return new(result.Build());
    }
}

sealed class LookupKernel(DataType type, Kernel map, Kernel key) : Kernel(type)
{
    internal override bool MayFail => map.MayFail || key.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var (column, sought) = ((ListColumn)map.Column(rows), key.Run(rows));
        var pairs = (StructColumn)column.Items;
        var (places, targets) = (rows.Rent<int>(), rows.Rent<int>());
        var found = 0;
        for (var i = 0; i < rows.Count; i++)
        {
            if (column.IsNull(i) || sought.IsNull(i)) continue;
            var (start, length) = column.Views[i];
            for (var item = start; item < start + length; item++)
            {
                if (ValueOrder.CompareOrNull(pairs.Children[0], item, sought.Column, sought.Constant ? 0 : i) != 0) continue;
                (places[found], targets[found]) = (item, i);
                found++;
                break;
            }
        }
        var result = new Scatter(rows, Type);
        if (found > 0) result.Add(new(pairs.Children[1].Take(places.AsSpan(0, found), rows.Memory)), targets.AsMemory(0, found));
        return new(result.Build());
    }
}

sealed class ItemCountKernel(Kernel input) : Kernel(DataType.Int32)
{
    internal override bool MayFail => input.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var column = (ListColumn)input.Column(rows);
        var result = rows.Rent<int>();
        for (var i = 0; i < rows.Count; i++) result[i] = column.IsNull(i) ? 0 : column.Views[i].Length;
        return new(new Column<int>(Type, result.AsMemory(0, rows.Count), column.NullMarks));
    }
}

sealed class ItemsCastKernel(DataType type, Kernel input, Kernel cast) : Kernel(type)
{
    internal override bool MayFail => input.MayFail || cast.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var column = (ListColumn)input.Column(rows);
        var items = NestedKernels.RunOver(rows, cast, [column.Items], column.Items.Count, item => RowOf(column, item));
        return new(new ListColumn(Type, column.ViewsMemory, items, column.NullMarks));
    }

    // Only for items that failed; items that no row holds (a slice's neighbours) fail nobody.
    static int RowOf(ListColumn column, int item)
    {
        for (var i = 0; i < column.Count; i++)
            if (!column.IsNull(i) && item >= column.Views[i].Start && item < column.Views[i].Start + column.Views[i].Length) return i;
        return -1;
    }
}

sealed class FieldsCastKernel(DataType type, Kernel input, Kernel[] casts) : Kernel(type)
{
    internal override bool MayFail => input.MayFail || casts.Any(c => c.MayFail);

    internal override Operand Run(Evaluation rows)
    {
        var column = (StructColumn)input.Column(rows);
        var children = column.Children.ToArray();
        var cast = casts.Select(c => NestedKernels.RunOver(rows, c, children, rows.Count, row => column.IsNull(row) ? -1 : row)).ToArray();
        return new(new StructColumn(Type, rows.Count, cast, column.NullMarks));
    }
}
