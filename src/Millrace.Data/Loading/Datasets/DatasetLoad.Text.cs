using Millrace.Data.Engines.DuckDb;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Files of text: DuckDB compares rows, and our own sources and sinks read and write them.</summary>
sealed partial class DatasetLoad
{
    /// <summary>The dataset's rows in the staging file, each with the file that it is in.</summary>
    internal const string OldRows = "old_rows";

    internal bool IsText => before.Format != DatasetFormat.Parquet;

    void MustBeHeld()
    {
        try
        {
            DatasetText.Check(before.Format, Schema);
        }
        catch (PlanException e)
        {
            throw new LoadException($"The dataset in {dataset.Folder} has files of {before.Format}. {e.Message}", e);
        }
    }

    async Task StageOldAsync(CancellationToken cancel)
    {
        var old = before.Schema;
        var staged = new Schema(old.Append(new Field(Dataset.FileColumn, DataType.Text, false)));
        Explain(() => Execute($"create table {OldRows} ({string.Join(", ", staged.Select(f => $"{Quoted(f.Name)} {dialect.TypeOf(f)}"))})"));
        using var rows = new BatchAppender(Connection, staged, OldRows);
        foreach (var file in before.Files)
        {
            var path = dataset.PathOf(file);
            var held = await DatasetText.ReadAsync(path, file, before.Format, old, old, cancel).ConfigureAwait(false);
            await foreach (var batch in FrameRunner.RunAsync(held, new RunContext(), cancel).ConfigureAwait(false))
            {
                using (batch)
                {
                    var place = RowPlaces.Columns(path, 0, batch.Count).First();
                    Explain(() => rows.Append(new Batch(staged, batch.Count, [.. batch.Columns, place], batch.Memory)));
                }
            }
        }
        Explain(rows.Complete);
    }

    /// <summary>Gives the rows of each file, by its path from there.</summary>
    async Task<Dictionary<string, long>> WriteTextAsync(string rows, string target, CancellationToken cancel)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var sink = new FolderSink(target, DatasetText.Sink(before.Format), before.PartitionBy, RowsInFile, null, FolderWrite.Replace) { KeepsKeys = true, FileEnded = counts.Add };
        try
        {
            using var statement = Connection.Prepare($"select {string.Join(", ", Schema.Select(f => Quoted(f.Name)))} from ({rows})");
            var writer = await sink.OpenAsync(Schema, new RunContext(), cancel).ConfigureAwait(false);
            await using var closing = writer.ConfigureAwait(false);
            await foreach (var batch in BatchReader.StreamAsync(statement, Schema, new ReadRequest().BatchRows, cancel).ConfigureAwait(false)) await writer.WriteAsync(batch, cancel).ConfigureAwait(false);
            await writer.CommitAsync(cancel).ConfigureAwait(false);
            return counts;
        }
        catch (Exception e) when (e is DuckDbException or IOException)
        {
            throw new LoadException($"The load of {dataset.Folder} was given up and nothing of it is there: {e.Message}", e);
        }
    }
}
