using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Millrace.Data;

/// <summary>The rows of a table in memory; the table stays its owner's.</summary>
sealed class TableSource(Table table) : ISource
{
    public string Kind => "memory";
    public Schema Schema => table.Schema;
    public JsonObject? Describe() => table.Count <= InlineRows.Most ? InlineRows.Describe(Schema, table.Rows) : null;

    public ValueTask<SourceSize?> MeasureAsync(CancellationToken cancel) => new(new SourceSize(Rows: table.Count));

    public async IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        var schema = request.SchemaOf(Schema);
        int[] wanted = request.Columns is null ? [.. Enumerable.Range(0, Schema.Count)] : [.. request.Columns.Select(Schema.IndexOf)];
        var line = 0L;
        foreach (var batch in table.Batches)
        {
            cancel.ThrowIfCancellationRequested();
            var columns = wanted.Select(i => batch[i]).ToList();
            if (request.Provenance)
            {
                var (source, lines) = ((BytesBuilder)ColumnBuilder.For(DataType.Text), (ColumnBuilder<long>)ColumnBuilder.For(DataType.Int64));
                for (var i = 0; i < batch.Count; i++)
                {
                    source.Add(Kind.AsSpan());
                    lines.Add(++line);
                }
                columns.AddRange([source.Build(), lines.Build()]);
            }
            yield return new Batch(schema, batch.Count, columns, batch.Memory.Retain());
        }
    }
}
