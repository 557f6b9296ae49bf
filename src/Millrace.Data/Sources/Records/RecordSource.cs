using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Millrace.Data;

/// <summary>Reads the rows of one file one after the other. Not for several threads.</summary>
abstract class RecordReader : IDisposable
{
    /// <summary>Reads the next row into the batch, or has it reject it; false at the end of the file.</summary>
    internal abstract bool Read(RecordBatch into);

    public abstract void Dispose();
}

/// <summary>
/// Files of records that are read row by row. The schema is given or found in the first rows when it is first asked for.
/// </summary>
abstract class RecordSource(IReadOnlyList<string> paths, InputLimits limits) : ISource
{
    readonly Lock guard = new();
    IReadOnlyList<InputFile>? files;
    PartitionColumns? partitions;
    InferredSchema? inferred;

    public abstract string Kind { get; }

    internal IReadOnlyList<InputFile> Files
    {
        get
        {
            lock (guard) return files ??= InputFiles.Find(paths, limits);
        }
    }

    internal PartitionColumns Partitions => partitions ??= PartitionColumns.Of(Files);

    /// <summary>What was found in the files, and what speaks for it.</summary>
    internal InferredSchema Inferred
    {
        get
        {
            lock (guard) return inferred ??= WithPartitions(Given is { } given ? new InferredSchema(given, []) : Infer(files ??= InputFiles.Find(paths, limits), InferRows, CancellationToken.None));
        }
    }

    public Schema Schema => Inferred.Schema;

    public virtual JsonObject? Describe() => SourceText.Of(paths);

    public ValueTask<SourceSize?> MeasureAsync(CancellationToken cancel) => new(InputFile.SizeOf(Files));

    public IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, CancellationToken cancel) =>
        WholeRows.ReadAsync(Schema, request with { Bad = Bad ?? request.Bad }, ReadColumnsAsync, cancel);

    async IAsyncEnumerable<Batch> ReadColumnsAsync(ReadRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        var schema = Schema;
        var rows = new RecordBatch(request, schema, Partitions, Kind, RemedyOf);
        foreach (var file in Files)
        {
            rows.BeginFile(file);
            var input = await file.OpenAsItIsAsync(cancel).ConfigureAwait(false);
            var counted = new CountingStream(input);
            await using var end = counted.ConfigureAwait(false);
            using var reader = Open(file, counted);
            var (more, told) = (true, 0L);
            while (more)
            {
                cancel.ThrowIfCancellationRequested();
                var since = Stopwatch.GetTimestamp();
                while ((more = reader.Read(rows)) && !rows.IsFull && !rows.IsEnough)
                {
                }
                var stored = InputFile.Stored(input, counted.Total);
                request.BytesRead?.Invoke(stored - told);
                told = stored;
                if (rows.Count > 0) yield return rows.Build(Stopwatch.GetElapsedTime(since));
                if (rows.IsEnough) yield break;
            }
        }
        rows.Finish();
    }

    InferredSchema WithPartitions(InferredSchema found)
    {
        partitions ??= PartitionColumns.Of(files ??= InputFiles.Find(paths, limits));
        var both = partitions.Fields.FirstOrDefault(f => found.Schema.Contains(f.Name));
        // The given schema may name the columns of the folders too: they are still the folders'.
        if (both is not null && Given is null)
            throw new BadDataException($"'{both.Name}' is a column of {files![0].Name} and of the folders that it lies in. Give the Columns that are to be read of the files.", files[0].Name, column: both.Name);
        return found with { Schema = new Schema(found.Schema.Where(f => !partitions.Fields.Contains(f.Name)).Concat(partitions.Fields)) };
    }

    private protected abstract Schema? Given { get; }
    /// <summary>What the options say of bad rows; null leaves it to the run.</summary>
    private protected abstract Bad? Bad { get; }

    /// <summary>What can be done about values that don't fit given columns; ends each message.</summary>
    private protected abstract string Remedy { get; }

    /// <summary>How many rows are looked at for columns that nobody gave.</summary>
    private protected abstract int InferRows { get; }

    /// <summary>What looks at all rows instead; null where the file itself says what its columns are.</summary>
    private protected abstract string? Inspector { get; }

    private protected abstract InferredSchema Infer(IReadOnlyList<InputFile> files, long rows, CancellationToken cancel);

    /// <summary>The evidence of all values of all files, given columns or not.</summary>
    internal Task<IReadOnlyList<ColumnEvidence>> InspectAsync(CancellationToken cancel) => Task.Run(() => Infer(Files, long.MaxValue, cancel).Evidence, cancel);

    string RemedyOf(string? column)
    {
        if (Given is not null || Inspector is null) return Remedy;
        var remedy = string.Create(CultureInfo.InvariantCulture, $"The columns were inferred from the first {InferRows:N0} rows: raise InferRows, give the Columns, or reject bad rows.");
        return Inferred.Evidence.FirstOrDefault(e => e.Name == column) is { } found ? $"{remedy} {found.Told(Inspector)}" : remedy;
    }

    /// <param name="input">Read forward; the caller disposes it.</param>
    private protected abstract RecordReader Open(InputFile file, Stream input);
}
