namespace Millrace.Data;

/// <summary>Collects rows into a batch.</summary>
public sealed class BatchBuilder
{
    readonly ColumnBuilder[] columns;

    public BatchBuilder(Schema schema)
    {
        Schema = schema;
        columns = [.. schema.Select(f => ColumnBuilder.For(f.Type))];
    }

    public Schema Schema { get; }
    public int Count => columns.Length == 0 ? 0 : columns[0].Count;
    public ColumnBuilder this[int index] => columns[index];

    /// <summary>One row of .NET values, one a column.</summary>
    public BatchBuilder Add(params ReadOnlySpan<object?> row)
    {
        if (row.Length != columns.Length)
            throw new PlanException($"A row of {row.Length} values was added to {columns.Length} columns ({Schema}).");
        for (var i = 0; i < columns.Length; i++) columns[i].AddValue(row[i]);
        return this;
    }

    /// <summary>The rows so far as a batch; the builder is empty after it.</summary>
    public Batch Build()
    {
        var count = Count;
        return new Batch(Schema, count, columns.Select(c => c.Build()).ToArray());
    }
}
