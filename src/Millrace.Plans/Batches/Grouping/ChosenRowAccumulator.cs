namespace Millrace.Plans;

/// <summary>How sort keys order two rows whose keys are columns of their own.</summary>
sealed class KeyOrder(Sequence<SortKey> keys)
{
    internal int Count => keys.Count;

    internal int Compare(ReadOnlySpan<Column> a, int i, ReadOnlySpan<Column> b, int j)
    {
        for (var k = 0; k < keys.Count; k++)
        {
            var (left, right, key) = (a[k].IsNull(i), b[k].IsNull(j), keys[k]);
            if (left || right)
            {
                if (left && right) continue;
                return left == key.NullsFirst ? -1 : 1;
            }
            var order = ValueOrder.Compare(a[k], i, b[k], j);
            if (order != 0) return key.Descending ? -order : order;
        }
        return 0;
    }
}

/// <summary>The value of one row of each group: the first or last as they come, or by an order; the least or greatest text.</summary>
/// <param name="skipNulls">Whether rows without a value don't count: so it is for the least and greatest, whose value is the key too.</param>
sealed class ChosenRowAccumulator(DataType type, Sequence<SortKey> orderBy, bool last, bool skipNulls = false) : Accumulator(type)
{
    readonly KeyOrder order = new(orderBy);

    // Rows that were chosen once; those that better ones replaced are dropped when they are the most.
    GrowingColumn[] kept = [];
    int[] rows = [];
    int known;

    internal override void Add(ReadOnlySpan<Column> arguments, ReadOnlySpan<int> groups, int groupCount)
    {
        // The value, then its keys; of the least and greatest the value is the key.
        var columns = skipNulls ? [arguments[0], arguments[0]] : arguments.ToArray();
        if (kept.Length == 0) kept = [.. columns.Select(c => GrowingColumn.For(c.Type))];
        Fit(groupCount);

        // Within the batch first, so that each group adds at most one row.
        var current = kept.Select(k => k.Build()).ToArray();
        var before = kept[0].Count;
        var best = new Dictionary<int, int>();
        for (var i = 0; i < groups.Length; i++)
        {
            if (skipNulls && columns[0].IsNull(i)) continue;
            var g = groups[i];
            if (best.TryGetValue(g, out var rival) ? !Better(columns, i, columns, rival) : rows[g] >= 0 && !Better(columns, i, current, rows[g])) continue;
            best[g] = i;
        }
        if (best.Count == 0) return;
        var chosen = best.Values.ToArray();
        foreach (var (column, target) in columns.Zip(kept)) target.Append(column, chosen);
        foreach (var g in best.Keys) rows[g] = before++;
        if (kept[0].Count > 1024 && kept[0].Count > known * 4) Compact();
    }

    bool Better(Column[] a, int i, Column[] b, int j)
    {
        var compared = order.Compare(a.AsSpan(1), i, b.AsSpan(1), j);
        return last ? compared >= 0 : compared < 0;
    }

    void Compact()
    {
        var groups = Enumerable.Range(0, known).Where(g => rows[g] >= 0).ToArray();
        var alive = groups.Select(g => rows[g]).ToArray();
        foreach (var column in kept) column.Keep(alive);
        for (var i = 0; i < groups.Length; i++) rows[groups[i]] = i;
    }

    internal override void Merge(Accumulator other, ReadOnlySpan<int> groups, int groupCount)
    {
        var from = (ChosenRowAccumulator)other;
        Fit(groupCount);
        if (from.kept.Length == 0) return;
        from.Fit(groups.Length);
        var present = new List<(int Row, int Group)>();
        for (var g = 0; g < groups.Length; g++)
            if (from.rows[g] >= 0) present.Add((from.rows[g], groups[g]));
        using var memory = new BatchMemory();
        var taken = from.kept.Select(k => k.Build().Take(present.Select(p => p.Row).ToArray(), memory)).ToArray();
        Add(skipNulls ? taken.AsSpan(0, 1) : taken, present.Select(p => p.Group).ToArray(), groupCount);
    }

    internal override Column Build(int groupCount)
    {
        Fit(groupCount);
        var memory = new BatchMemory();
        if (kept.Length == 0) return Column.AllNull(Type, groupCount, memory);
        var places = rows[..groupCount];
        // Never disposed: the column must outlive it, and what it rented is left to the collector.
        var blank = new Batch(Schema.Empty, groupCount, [], memory);
        var result = new Scatter(new Evaluation(blank, new Faults("group", collect: false)), Type);
        var found = Enumerable.Range(0, groupCount).Where(g => places[g] >= 0).ToArray();
        result.Add(new(kept[0].Build().Take(found.Select(g => places[g]).ToArray(), memory)), found);
        return result.Build();
    }

    void Fit(int groupCount)
    {
        Fit(ref rows, groupCount);
        for (; known < groupCount; known++) rows[known] = -1;
    }
}
