namespace Millrace.Data;

/// <summary>Collects rows of <typeparamref name="T"/> into the batches that a request asks for.</summary>
sealed class RowBatch<T>
{
    readonly ColumnBuilder[] columns = [.. RowWriter<T>.Schema.Select(f => ColumnBuilder.For(f.Type))];
    readonly ColumnBuilder<long> lines = (ColumnBuilder<long>)ColumnBuilder.For(DataType.Int64);
    readonly BytesBuilder sources = (BytesBuilder)ColumnBuilder.For(DataType.Text);
    readonly int[] wanted;
    readonly ReadRequest request;
    readonly string source;
    readonly Schema schema;
    long line;

    internal RowBatch(ReadRequest request, string source)
    {
        (this.request, this.source) = (request, source);
        var all = RowWriter<T>.Schema;
        schema = request.SchemaOf(all);
        wanted = request.Columns is null ? [.. Enumerable.Range(0, all.Count)] : [.. request.Columns.Select(all.IndexOf)];
    }

    internal int Count { get; private set; }

    /// <summary>True when it is time to build.</summary>
    internal bool Add(T row)
    {
        if (row is null && !RowShape.Of<T>().IsSingleValue) throw new PlanException($"Row {line + 1} of the {source} is null. Leave it out of the sequence.");
        RowWriter<T>.Add(row, columns);
        line++;
        if (request.Provenance)
        {
            sources.Add(source.AsSpan());
            lines.Add(line);
        }
        return ++Count >= request.BatchRows;
    }

    internal Batch Build()
    {
        var built = columns.Select(c => c.Build()).ToArray();
        var chosen = wanted.Select(i => built[i]);
        if (request.Provenance) chosen = chosen.Append(sources.Build()).Append(lines.Build());
        var batch = new Batch(schema, Count, chosen.ToArray());
        Count = 0;
        return batch;
    }
}
