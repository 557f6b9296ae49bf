using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Millrace.Data;

namespace Millrace.Testing.Plans;

/// <summary>A table of .NET values, as a source. Tables of one seed and name are one table.</summary>
public sealed class MemoryTable(string name, Schema schema, IReadOnlyList<object?[]> rows) : ISource, IEquatable<MemoryTable>
{
    public string Name => name;
    public string Kind => "table";
    public Schema Schema => schema;
    public IReadOnlyList<object?[]> Rows => rows;

    public JsonObject Describe() => new() { ["name"] = name };

    public async IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        var wanted = request.SchemaOf(schema);
        var places = wanted.Select(f => Provenance.Is(f.Name) ? -1 : schema.IndexOf(f.Name)).ToArray();
        // Small batches, so that steps meet their edges.
        foreach (var chunk in rows.Index().Chunk(Math.Min(request.BatchRows, 64)))
        {
            cancel.ThrowIfCancellationRequested();
            var builder = new BatchBuilder(wanted);
            foreach (var (at, row) in chunk)
                builder.Add(wanted.Select((f, i) => places[i] >= 0 ? row[places[i]] : f.Name == Provenance.Line ? at + 1L : name).ToArray());
            yield return builder.Build();
            await Task.CompletedTask;
        }
    }

    public bool Equals(MemoryTable? other) => other?.Name == name && other.Schema.Equals(schema);
    public override bool Equals(object? obj) => Equals(obj as MemoryTable);
    public override int GetHashCode() => name.GetHashCode(StringComparison.Ordinal);
    public override string ToString() => name;
}
