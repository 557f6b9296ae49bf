namespace Millrace.Plans;

/// <summary>Brings batches to a schema with the same number of columns: other names, wider types.</summary>
sealed class Conversion
{
    readonly Schema to;
    readonly Kernel[]? kernels;

    internal Conversion(Schema from, Schema to)
    {
        this.to = to;
        if (from.Select(f => f.Type).SequenceEqual(to.Select(f => f.Type))) return;
        kernels = [.. to.Select((f, i) => KernelCompiler.Coerce(new ColumnKernel(from[i].Type, i) { Expression = new ColumnExpr(from[i].Name) }, f.Type))];
    }

    /// <summary>Takes the batch over.</summary>
    internal Batch Apply(Batch batch)
    {
        if (batch.Schema.Equals(to)) return batch;
        if (kernels is null) return new Batch(to, batch.Count, batch.Columns.ToArray(), batch.Memory);
        var rows = new Evaluation(batch, new Faults("union", collect: false));
        return new Batch(to, batch.Count, kernels.Select(k => k.Column(rows)).ToArray(), batch.Memory);
    }
}
