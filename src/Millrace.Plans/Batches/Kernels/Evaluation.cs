namespace Millrace.Plans;

/// <summary>One batch on its way through kernels: the rows in question, the memory for results, the rows that failed.</summary>
sealed class Evaluation
{
    readonly Batch batch;
    readonly Evaluation? whole;
    readonly ReadOnlyMemory<int> rows;
    readonly Column?[]? taken;
    readonly Faults faults;

    internal Evaluation(Batch batch, Faults faults)
    {
        (this.batch, this.faults) = (batch, faults);
        Count = batch.Count;
    }

    Evaluation(Evaluation whole, ReadOnlyMemory<int> rows)
    {
        (batch, faults, this.whole, this.rows) = (whole.batch, whole.faults, whole, rows);
        taken = new Column?[batch.Columns.Length];
        Count = rows.Length;
    }

    internal int Count { get; }

    internal BatchMemory Memory => batch.Memory;

    internal Column Column(int index) =>
        whole is null ? batch[index] : taken![index] ??= whole.Column(index).Take(rows.Span, Memory);

    /// <summary>Only these rows, so that others neither cost anything nor fail.</summary>
    internal Evaluation Only(ReadOnlyMemory<int> some) => new(this, some);

    /// <summary>The row can't be computed: it is refused, or the run ends here.</summary>
    internal void Fail(int row, Fault fault)
    {
        if (whole is null) faults.Add(batch, row, fault);
        else whole.Fail(rows.Span[row], fault);
    }

    internal T[] Rent<T>() where T : unmanaged => Memory.Rent<T>(Count);
}
