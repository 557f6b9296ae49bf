namespace Millrace.Plans;

/// <summary>
/// A group-aggregate made ready to run: what to compute of each row, how to gather it, what to make of the results.
/// Shared by any number of <see cref="GroupState"/>s.
/// </summary>
sealed class Aggregation
{
    readonly List<Expr> inputs = [];
    readonly Kernel[] kernels;
    readonly Kernel[] results;
    readonly int keys;
    readonly Schema input;
    readonly Schema gathered;

    internal Aggregation(Group group)
    {
        (input, Schema, keys) = (group.Input.Schema, group.Schema, group.Keys.Count);
        foreach (var key in group.Keys) inputs.Add(key.Value);
        var found = new List<AggregateExpr>();
        var values = group.Values.Select(v => Replace(v.Value, group.Keys, found)).ToList();
        Calls = [.. found.Select(Prepare)];
        var compiler = new KernelCompiler(input);
        kernels = [.. inputs.Select(compiler.Compile)];
        KeyTypes = [.. kernels.Take(keys).Select(k => k.Type)];
        gathered = new Schema(Enumerable.Range(0, keys).Select(k => new Field(KeyName(k), Schema[k].Type))
            .Concat(found.Select((a, i) => new Field(AggregateName(i), a.TypeIn(input).Type))));
        var after = new KernelCompiler(gathered);
        results = [.. Enumerable.Range(0, keys).Select(k => after.Compile(new ColumnExpr(KeyName(k)))), .. values.Select((v, i) => after.Compile(v, Schema[keys + i].Type))];
        // Wrong aggregates are told of here, not when the first row comes.
        _ = new GroupState(this);
    }

    internal Schema Schema { get; }
    internal IReadOnlyList<DataType> KeyTypes { get; }
    internal IReadOnlyList<AggregateCall> Calls { get; }
    internal bool HasKeys => keys > 0;

    /// <summary>The columns that the states gather, computed for a batch, which is taken over. Any thread may.</summary>
    internal Batch Prepare(Batch batch)
    {
        var rows = new Evaluation(batch, new Faults("group", collect: false));
        var columns = kernels.Select(k => k.Column(rows)).ToArray();
        return new Batch(new Schema(columns.Select((c, i) => new Field($"c{i}", c.Type))), batch.Count, columns, batch.Memory);
    }

    /// <summary>What becomes of keys and aggregates; the columns are in their order.</summary>
    internal Batch Finish(Column[] columns, int count)
    {
        var batch = new Batch(gathered, count, columns);
        var rows = new Evaluation(batch, new Faults("group", collect: false));
        return new Batch(Schema, count, results.Select(k => k.Column(rows)).ToArray(), batch.Memory);
    }

    internal Accumulator AccumulatorOf(AggregateCall call) => Accumulator.For(call.Expr, input);

    AggregateCall Prepare(AggregateExpr expr)
    {
        var arguments = expr.Arguments.Concat(expr.OrderBy.Select(k => k.Value))
            // What the condition leaves out isn't computed either, so it can't fail.
            .Select(a => Input(expr.Where is { } where ? new CaseExpr([new CaseBranch(where, a)], new LiteralExpr(null, a.TypeIn(input).Type)) : a)).ToArray();
        return new AggregateCall(expr, arguments, expr.Where is null ? -1 : Input(expr.Where));
    }

    int Input(Expr expr)
    {
        var known = inputs.IndexOf(expr);
        if (known >= 0) return known;
        inputs.Add(expr);
        return inputs.Count - 1;
    }

    static Expr Replace(Expr expr, Sequence<NamedExpr> keys, List<AggregateExpr> found)
    {
        for (var k = 0; k < keys.Count; k++)
            if (keys[k].Value == expr) return new ColumnExpr(KeyName(k));
        switch (expr)
        {
            case AggregateExpr aggregate:
                var at = found.IndexOf(aggregate);
                if (at < 0) found.Add(aggregate);
                return new ColumnExpr(AggregateName(at < 0 ? found.Count - 1 : at));
            case ColumnExpr column:
                throw new PlanException($"The column '{column.Name}' is neither a key of the group nor inside an aggregate. Add it to the keys, or take its first value.");
            default:
                return expr.Parts.Count == 0 ? expr : expr.WithParts([.. expr.Parts.Select(p => Replace(p, keys, found))]);
        }
    }

    static string KeyName(int index) => $"key {index}";
    static string AggregateName(int index) => $"aggregate {index}";
}

/// <param name="Arguments">Which of the prepared columns it takes.</param>
/// <param name="Where">The one that says which rows count; below 0 for all.</param>
sealed record AggregateCall(AggregateExpr Expr, int[] Arguments, int Where);

/// <summary>The groups so far: fed batch by batch, merged with others that saw other rows, asked for results at any time.</summary>
sealed class GroupState
{
    readonly Aggregation aggregation;
    readonly GroupTable table;
    readonly Accumulator[] accumulators;

    internal GroupState(Aggregation aggregation)
    {
        this.aggregation = aggregation;
        table = new GroupTable(aggregation.KeyTypes);
        accumulators = [.. aggregation.Calls.Select(aggregation.AccumulatorOf)];
    }

    /// <summary>A total over no rows is a group too.</summary>
    internal int Count => aggregation.HasKeys ? table.Count : 1;

    /// <summary>Takes over a batch that <see cref="Aggregation.Prepare(Batch)"/> made.</summary>
    internal void Add(Batch prepared)
    {
        using (prepared)
        {
            var count = prepared.Count;
            var memory = prepared.Memory;
            var groups = memory.Rent<int>(count);
            table.Add(prepared.Columns[..aggregation.KeyTypes.Count], count, groups, memory.Rent<int>(count));
            for (var a = 0; a < accumulators.Length; a++)
            {
                var call = aggregation.Calls[a];
                var arguments = Array.ConvertAll(call.Arguments, i => prepared[i]);
                if (call.Where < 0)
                {
                    accumulators[a].Add(arguments, groups.AsSpan(0, count), table.Count);
                    continue;
                }
                var chosen = NullMarks.WhereTrue(new(prepared[call.Where]), count, memory);
                var some = memory.Rent<int>(chosen.Length);
                for (var i = 0; i < chosen.Length; i++) some[i] = groups[chosen.Span[i]];
                accumulators[a].Add(Array.ConvertAll(arguments, c => c.Take(chosen.Span, memory)), some.AsSpan(0, chosen.Length), table.Count);
            }
        }
    }

    /// <summary>Takes the other's rows as if they came after its own.</summary>
    internal void Merge(GroupState other)
    {
        var groups = new int[other.table.Count];
        table.Add(other.table.Keys(), groups.Length, groups, new int[groups.Length]);
        for (var a = 0; a < accumulators.Length; a++) accumulators[a].Merge(other.accumulators[a], groups, table.Count);
    }

    /// <summary>The results so far, a row a group in order of the groups' first rows.</summary>
    internal IEnumerable<Batch> Results(int batchRows)
    {
        var count = Count;
        Column[] columns = [.. table.Keys(), .. accumulators.Select(a => a.Build(count))];
        for (var start = 0; start < count; start += batchRows)
        {
            var rows = Math.Min(batchRows, count - start);
            yield return aggregation.Finish([.. columns.Select(c => c.Slice(start, rows))], rows);
        }
    }
}
