using Millrace.Plans;

namespace Millrace.Data;

/// <summary>The result of a run in memory, in columns. Dispose it to give large memory back early.</summary>
public sealed class Table : IDisposable
{
    readonly Batch[] batches;
    readonly long[] starts;

    internal Table(Schema schema, IEnumerable<Batch> batches)
    {
        Schema = schema;
        this.batches = [.. batches];
        starts = new long[this.batches.Length];
        foreach (var (i, batch) in this.batches.Index())
        {
            starts[i] = Count;
            Count += batch.Count;
        }
    }

    public Schema Schema { get; }
    public long Count { get; }
    public IReadOnlyList<Batch> Batches => batches;

    /// <summary>A value as .NET spells it.</summary>
    public object? this[long row, string column] => this[row, Schema.IndexOf(column)];

    public object? this[long row, int column]
    {
        get
        {
            var (batch, at) = Find(row);
            return batch[column].ValueAt(at);
        }
    }

    /// <summary>All rows, each as its values.</summary>
    public IEnumerable<object?[]> Rows => batches.SelectMany(b => Enumerable.Range(0, b.Count).Select(b.Row));

    /// <summary>A whole column: <c>table.Column&lt;double&gt;("celsius")</c>, or <c>double?</c> where it may hold nulls.</summary>
    public T[] Column<T>(string column)
    {
        var of = new Schema(Schema[column] with { Name = RowShape.SingleColumn });
        if (!RowShape.IsSingle(typeof(T))) throw new PlanException($"A column can't be read as {TypeName.Of(typeof(T))}.");
        var reader = RowReader<T>.Over(of);
        var values = new T[Count];
        var next = 0L;
        foreach (var batch in batches)
        {
            using var only = new Batch(of, batch.Count, [batch[column]], batch.Memory.Retain());
            reader.Begin(only);
            for (var i = 0; i < batch.Count; i++) values[next++] = reader[i];
        }
        return values;
    }

    /// <summary>The rows as <typeparamref name="T"/>.</summary>
    public IEnumerable<T> As<T>()
    {
        var reader = RowReader<T>.Over(Schema);
        foreach (var batch in batches)
        {
            reader.Begin(batch);
            for (var i = 0; i < batch.Count; i++) yield return reader[i];
        }
    }

    /// <summary>A frame over the rows in memory.</summary>
    public Frame ToFrame() => Frame.From(new TableSource(this));

    /// <summary>The rows drawn as a table.</summary>
    public override string ToString() => TableDrawing.Of(this, Count);

    public void Dispose()
    {
        foreach (var batch in batches) batch.Dispose();
    }

    (Batch, int) Find(long row)
    {
        if (row < 0 || row >= Count) throw new ArgumentOutOfRangeException(nameof(row), row, $"The table has {Count} rows.");
        var at = Array.BinarySearch(starts, row);
        // The last of the batches that begin at the row: empty ones begin where the next one does.
        if (at < 0) at = ~at - 1;
        while (row - starts[at] >= batches[at].Count) at++;
        return (batches[at], (int)(row - starts[at]));
    }
}
