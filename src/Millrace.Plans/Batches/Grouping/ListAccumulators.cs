namespace Millrace.Plans;

/// <summary>All values with their groups, put in order only at the end.</summary>
abstract class GatheringAccumulator(DataType type, Sequence<SortKey> orderBy, bool skipNulls) : Accumulator(type)
{
    readonly KeyOrder order = new(orderBy);
    readonly GrowingColumn groupOf = GrowingColumn.For(DataType.Int32);
    GrowingColumn[] kept = [];

    internal override void Add(ReadOnlySpan<Column> arguments, ReadOnlySpan<int> groups, int groupCount)
    {
        // The first argument is the value, the last ones are the keys; a separator between them is a constant.
        Column[] columns = [arguments[0], .. arguments[^order.Count..]];
        if (kept.Length == 0) kept = [.. columns.Select(c => GrowingColumn.For(c.Type))];
        var rows = new int[groups.Length];
        var count = 0;
        for (var i = 0; i < rows.Length; i++)
            if (!skipNulls || !arguments[0].IsNull(i)) rows[count++] = i;
        groupOf.Append(new Column<int>(DataType.Int32, groups.ToArray()), rows.AsSpan(0, count));
        foreach (var (column, target) in columns.Zip(kept)) target.Append(column, rows.AsSpan(0, count));
        Saw(arguments);
    }

    private protected virtual void Saw(ReadOnlySpan<Column> arguments) { }

    internal override void Merge(Accumulator other, ReadOnlySpan<int> groups, int groupCount)
    {
        var from = (GatheringAccumulator)other;
        if (from.kept.Length == 0) return;
        var theirs = ((Column<int>)from.groupOf.Build()).Values.ToArray();
        for (var i = 0; i < theirs.Length; i++) theirs[i] = groups[theirs[i]];
        Became(from);
        if (kept.Length == 0) kept = [.. from.kept.Select(k => GrowingColumn.For(k.Type))];
        int[] all = [.. Enumerable.Range(0, theirs.Length)];
        groupOf.Append(new Column<int>(DataType.Int32, theirs), all);
        foreach (var (column, target) in from.kept.Zip(kept)) target.Append(column.Build(), all);
    }

    private protected virtual void Became(GatheringAccumulator other) { }

    internal override Column Build(int groupCount)
    {
        var starts = new int[groupCount + 1];
        if (kept.Length == 0) return Build(null, [], starts, groupCount);
        var groups = ((Column<int>)groupOf.Build()).Values;
        foreach (var g in groups) starts[g + 1]++;
        for (var g = 0; g < groupCount; g++) starts[g + 1] += starts[g];
        var next = starts[..groupCount];
        var rows = new int[groups.Length];
        for (var i = 0; i < groups.Length; i++) rows[next[groups[i]]++] = i;
        var columns = kept.Select(k => k.Build()).ToArray();
        if (order.Count > 0)
        {
            var keys = columns[1..];
            for (var g = 0; g < groupCount; g++)
            {
                // Equal keys keep the order of their coming.
                rows.AsSpan(starts[g], starts[g + 1] - starts[g]).Sort((a, b) => order.Compare(keys, a, keys, b) is not 0 and var c ? c : a.CompareTo(b));
            }
        }
        return Build(columns[0], rows, starts, groupCount);
    }

    /// <param name="values">All values; null where no row ever came.</param>
    /// <param name="rows">Their places, by group and in order.</param>
    private protected abstract Column Build(Column? values, int[] rows, int[] starts, int groupCount);

    private protected static ReadOnlyMemory<bool> Empty(int[] starts, int groupCount)
    {
        var marks = new bool[groupCount];
        for (var g = 0; g < groupCount; g++) marks[g] = starts[g] == starts[g + 1];
        return marks.Contains(true) ? marks : default(ReadOnlyMemory<bool>);
    }
}

/// <summary>All values of a group as a list, nulls with them.</summary>
sealed class ListAccumulator(DataType type, DataType item, Sequence<SortKey> orderBy) : GatheringAccumulator(type, orderBy, skipNulls: false)
{
    private protected override Column Build(Column? values, int[] rows, int[] starts, int groupCount)
    {
        // Left to the collector: the column lives as long as somebody looks at it.
        var memory = new BatchMemory();
        var views = new BytesView[groupCount];
        for (var g = 0; g < groupCount; g++) views[g] = new BytesView(starts[g], starts[g + 1] - starts[g]);
        return new ListColumn(Type, views, values?.Take(rows, memory) ?? Column.AllNull(item, 0, memory), Empty(starts, groupCount));
    }
}

/// <summary>All texts of a group that aren't null, with a separator between them.</summary>
sealed class JoinAccumulator(DataType argument, Sequence<SortKey> orderBy) : GatheringAccumulator(DataType.Text, orderBy, skipNulls: true)
{
    readonly DataType argument = argument.IsBytes ? argument : throw new PlanException($"Only text is joined, not {argument}. Cast it.");
    byte[]? separator;

    private protected override void Saw(ReadOnlySpan<Column> arguments)
    {
        if (separator is null && arguments[1].Count > 0) separator = ((BytesColumn)arguments[1])[0].ToArray();
    }

    private protected override void Became(GatheringAccumulator other) => separator ??= ((JoinAccumulator)other).separator;

    private protected override Column Build(Column? values, int[] rows, int[] starts, int groupCount)
    {
        var result = new BytesWriter(argument.Kind == TypeKind.Enum ? DataType.Text : Type, groupCount, new BatchMemory());
        for (var g = 0; g < groupCount; g++)
        {
            var start = result.Position;
            for (var i = starts[g]; i < starts[g + 1]; i++)
            {
                if (i > starts[g]) result.Append(separator);
                result.Append(((BytesColumn)values!)[rows[i]]);
            }
            result.Views[g] = result.Since(start);
        }
        return result.Column(Empty(starts, groupCount));
    }
}

/// <summary>The value below which a share of a group lies, between two values a straight line.</summary>
sealed class PercentileAccumulator(DataType argument, double share) : GatheringAccumulator(DataType.Float64, default, skipNulls: true)
{
    readonly Kernel toDouble = KernelCompiler.Coerce(new ColumnKernel(argument, 0), DataType.Float64);

    private protected override Column Build(Column? values, int[] rows, int[] starts, int groupCount)
    {
        var result = new double[groupCount];
        if (values is null) return new Column<double>(Type, result, Empty(starts, groupCount));
        var batch = new Batch(new Schema(new Field("value", argument)), values.Count, [values]);
        var all = ((Column<double>)toDouble.Column(new Evaluation(batch, new Faults("group", collect: false)))).Values;
        var sorted = new double[rows.Length];
        for (var i = 0; i < rows.Length; i++) sorted[i] = all[rows[i]];
        for (var g = 0; g < groupCount; g++)
        {
            var own = sorted.AsSpan(starts[g], starts[g + 1] - starts[g]);
            if (own.Length == 0) continue;
            // .NET sorts NaN to the front; here it is the greatest.
            own.Sort();
            var nans = own.LastIndexOf(double.NaN) + 1;
            if (nans > 0)
            {
                own[nans..].CopyTo(own);
                own[^nans..].Fill(double.NaN);
            }
            var place = share * (own.Length - 1);
            var below = (int)Math.Floor(place);
            var (a, b) = (own[below], own[Math.Min(below + 1, own.Length - 1)]);
            result[g] = a == b || place == below ? a : a + (b - a) * (place - below);
        }
        return new Column<double>(Type, result, Empty(starts, groupCount));
    }
}
