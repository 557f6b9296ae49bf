using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Millrace.Data.Tests.Engines;

/// <summary>Rows in memory, given out in small batches.</summary>
sealed class TestTable(string name, Schema schema, IReadOnlyList<object?[]> rows) : ISource
{
    internal string Name => name;
    internal IReadOnlyList<object?[]> Rows => rows;

    public string Kind => name;
    public Schema Schema => schema;
    public JsonObject? Describe() => null;

    public async IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.Yield();
        var places = (request.Columns ?? [.. schema.Names]).Select(schema.IndexOf).ToArray();
        var builder = new BatchBuilder(request.SchemaOf(schema));
        for (var i = 0; i < rows.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            object?[] row = [.. places.Select(p => rows[i][p])];
            builder.Add(request.Provenance ? [.. row, name, (long)i + 1] : row);
            if (builder.Count == 7 || i == rows.Count - 1) yield return builder.Build();
        }
    }
}
