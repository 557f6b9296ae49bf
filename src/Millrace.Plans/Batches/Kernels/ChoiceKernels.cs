namespace Millrace.Plans;

/// <summary>The first branch whose condition is true. Each branch sees only its rows: what it would do to others can't fail.</summary>
sealed class CaseKernel(DataType type, (Kernel When, Kernel Then)[] branches, Kernel otherwise) : Kernel(type)
{
    internal override bool MayFail => otherwise.MayFail || branches.Any(b => b.When.MayFail || b.Then.MayFail);

    internal override Operand Run(Evaluation rows)
    {
        var result = new Scatter(rows, Type);
        ReadOnlyMemory<int> open = default;
        var all = true;
        foreach (var (when, then) in branches)
        {
            var some = all ? rows : rows.Only(open);
            if (some.Count == 0) break;
            var chosen = NullMarks.WhereTrue(when.Run(some), some.Count, rows.Memory);
            if (chosen.Length == 0) continue;
            var places = all ? chosen : Map(chosen, open, rows.Memory);
            result.Add(Branch(then, rows, places), places);
            open = Rest(chosen, some.Count, all ? default : open, rows.Memory);
            all = false;
        }
        var last = all ? All(rows) : open;
        if (last.Length > 0) result.Add(Branch(otherwise, rows, last), last);
        return new(result.Build());
    }

    static Operand Branch(Kernel kernel, Evaluation rows, ReadOnlyMemory<int> places) =>
        kernel.Run(places.Length == rows.Count ? rows : rows.Only(places));

    internal static ReadOnlyMemory<int> All(Evaluation rows)
    {
        var all = rows.Rent<int>();
        for (var i = 0; i < rows.Count; i++) all[i] = i;
        return all.AsMemory(0, rows.Count);
    }

    internal static ReadOnlyMemory<int> Map(ReadOnlyMemory<int> chosen, ReadOnlyMemory<int> among, BatchMemory memory)
    {
        var mapped = memory.Rent<int>(chosen.Length);
        for (var i = 0; i < chosen.Length; i++) mapped[i] = among.Span[chosen.Span[i]];
        return mapped.AsMemory(0, chosen.Length);
    }

    /// <summary>Those not chosen, as rows of the whole. Both lists ascend; the second is empty where all rows were asked.</summary>
    static ReadOnlyMemory<int> Rest(ReadOnlyMemory<int> chosen, int count, ReadOnlyMemory<int> among, BatchMemory memory)
    {
        var rest = memory.Rent<int>(count);
        var (found, next) = (0, 0);
        for (var i = 0; i < count; i++)
        {
            if (next < chosen.Length && chosen.Span[next] == i) next++;
            else rest[found++] = among.Length > 0 ? among.Span[i] : i;
        }
        return rest.AsMemory(0, found);
    }
}

/// <summary>The first value that isn't null; later ones are computed only for rows still without one.</summary>
sealed class CoalesceKernel(DataType type, Kernel[] inputs) : Kernel(type)
{
    internal override bool MayFail => inputs.Any(i => i.MayFail);

    internal override Operand Run(Evaluation rows)
    {
        var result = new Scatter(rows, Type);
        ReadOnlyMemory<int> open = default;
        var all = true;
        foreach (var input in inputs)
        {
            var some = all ? rows : rows.Only(open);
            if (some.Count == 0) break;
            var value = input.Run(some);
            if (!value.Column.MayHaveNulls && all) return value;
            var column = value.Spread(some.Count, rows.Memory);
            var (known, missing) = (rows.Memory.Rent<int>(some.Count), rows.Memory.Rent<int>(some.Count));
            var (k, m) = (0, 0);
            for (var i = 0; i < some.Count; i++)
            {
                if (column.IsNull(i)) missing[m++] = i;
                else known[k++] = i;
            }
            var places = known.AsMemory(0, k);
            if (k > 0) result.Add(new(k == some.Count ? column : column.Take(places.Span, rows.Memory)), all ? places : CaseKernel.Map(places, open, rows.Memory));
            open = all ? missing.AsMemory(0, m) : CaseKernel.Map(missing.AsMemory(0, m), open, rows.Memory);
            all = false;
        }
        return new(result.Build());
    }
}

/// <summary>The value, or null where the condition is true: the condition compares it.</summary>
sealed class NullIfKernel(Kernel value, Kernel equals) : Kernel(value.Type)
{
    internal override bool MayFail => value.MayFail || equals.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var column = value.Column(rows);
        var same = NullMarks.WhereTrue(equals.Run(rows), rows.Count, rows.Memory);
        if (same.Length == 0) return new(column);
        var marks = rows.Rent<bool>();
        marks.AsSpan(0, rows.Count).Clear();
        column.Nulls.CopyTo(marks);
        foreach (var row in same.Span) marks[row] = true;
        return new(Marked.Of(column, marks.AsMemory(0, rows.Count)));
    }
}

/// <summary>The same values with other marks.</summary>
static class Marked
{
    internal static Column Of(Column column, ReadOnlyMemory<bool> nulls) => column switch
    {
        BytesColumn c => new BytesColumn(c.Type, c.BytesMemory, c.ViewsMemory, nulls),
        Column<bool> c => c.Marked(nulls),
        Column<short> c => c.Marked(nulls),
        Column<int> c => c.Marked(nulls),
        Column<long> c => c.Marked(nulls),
        Column<float> c => c.Marked(nulls),
        Column<double> c => c.Marked(nulls),
        Column<Int128> c => c.Marked(nulls),
        Column<Guid> c => c.Marked(nulls),
        ListColumn c => c.Marked(nulls),
        StructColumn c => new StructColumn(c.Type, c.Count, c.Children.ToArray(), nulls),
        _ => throw new PlanException($"A column of {column.Type} can't be marked."),
    };
}
