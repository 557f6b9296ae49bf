namespace Millrace.Data;

/// <summary>
/// Rows as columns of equal length. A batch has one owner, who disposes it; what reads its columns after that reads
/// memory that is somebody else's. An operator takes its input over: it either passes the batch's memory on to its
/// output or disposes it.
/// </summary>
public sealed class Batch : IDisposable
{
    readonly Column[] columns;

    public Batch(Schema schema, int count, IEnumerable<Column> columns, BatchMemory? memory = null)
    {
        this.columns = [.. columns];
        Schema = schema;
        Count = count;
        Memory = memory ?? new BatchMemory();
        if (this.columns.Length != schema.Count)
            throw new ArgumentException($"The schema has {schema.Count} columns and the batch {this.columns.Length}.", nameof(columns));
        for (var i = 0; i < this.columns.Length; i++)
        {
            if (this.columns[i].Count != count)
                throw new ArgumentException($"Column '{schema[i].Name}' has {this.columns[i].Count} rows and the batch {count}.", nameof(columns));
        }
    }

    public Schema Schema { get; }
    public int Count { get; }
    public ReadOnlySpan<Column> Columns => columns;
    public BatchMemory Memory { get; }

    public Column this[int index] => columns[index];
    public Column this[string name] => columns[Schema.IndexOf(name)];

    /// <summary>Some of the rows, without copying; to be disposed on its own.</summary>
    public Batch Slice(int start, int count) =>
        new(Schema, count, columns.Select(c => c.Slice(start, count)), Memory.Retain());

    /// <summary>One row as .NET values, for what is not worth a kernel: errors, previews, tests.</summary>
    public object?[] Row(int index) => [.. columns.Select(c => c.ValueAt(index))];

    public void Dispose() => Memory.Dispose();
}
