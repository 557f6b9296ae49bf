using System.Text.Json.Nodes;

namespace Millrace.Data.Tests.Databases;

/// <summary>A source of rows of any shape.</summary>
sealed class OneBatch(Batch batch) : ISource
{
    public string Kind => "test";
    public Schema Schema => batch.Schema;
    public JsonObject? Describe() => null;

    public async IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.CompletedTask;
        yield return batch.Slice(0, batch.Count);
    }

    internal static OneBatch Of(Schema schema, params object?[][] rows)
    {
        var builder = new BatchBuilder(schema);
        foreach (var row in rows) builder.Add(row);
        return new OneBatch(builder.Build());
    }
}
