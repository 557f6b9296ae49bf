namespace Millrace.Data.Engines.DuckDb;

/// <summary>Writes batches to the end of a table; DuckDB casts where its columns are of other types.</summary>
sealed class BatchAppender : IDisposable
{
    readonly Appender appender;
    readonly ColumnWriter[] writers;

    internal BatchAppender(DuckDbConnection connection, Schema schema, string table, string? tableSchema = null)
    {
        writers = [.. schema.Select(f => ColumnWriter.For(f.Type, enumsAsText: true))];
        appender = new Appender(connection, [.. schema.Select(f => DuckDbTypes.ToLogical(f.Type, enumsAsText: true))], table, tableSchema);
    }

    /// <summary>Copies the batch's rows; the batch stays the caller's.</summary>
    internal void Append(Batch batch)
    {
        for (var start = 0; start < batch.Count; start += Api.VectorSize)
        {
            var count = Math.Min(Api.VectorSize, batch.Count - start);
            var chunk = appender.NextChunk();
            for (var i = 0; i < writers.Length; i++) writers[i].Write(batch[i], start, count, chunk[i]);
            appender.Append(count);
        }
    }

    /// <summary>Hands over what was appended; without it nothing of it is kept that DuckDB hasn't flushed, so append within a transaction.</summary>
    internal void Complete() => appender.Complete();

    public void Dispose() => appender.Dispose();
}
