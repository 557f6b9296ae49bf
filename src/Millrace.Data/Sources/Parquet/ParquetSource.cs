using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Millrace.Data.Engines.DuckDb;

namespace Millrace.Data;

/// <summary>Parquet files, read by DuckDB: only the columns that are wanted leave the disk.</summary>
sealed class ParquetSource(IReadOnlyList<string> paths, InputLimits limits) : ISource, INativeScan
{
    readonly Lock guard = new();
    IReadOnlyList<InputFile>? files;
    PartitionColumns? partitions;
    Schema? inFile;

    public string Kind => "parquet";

    internal IReadOnlyList<InputFile> Files
    {
        get
        {
            lock (guard) return files ??= InputFiles.Find(paths, limits);
        }
    }

    PartitionColumns Partitions => partitions ??= PartitionColumns.Of(Files);

    public Schema Schema => new(FileSchema.Where(f => !Partitions.Fields.Contains(f.Name)).Concat(Partitions.Fields));

    Schema FileSchema
    {
        get
        {
            var first = Files[0];
            lock (guard) return inFile ??= ReadSchema(first);
        }
    }

    public bool Prefers => true;

    public ValueTask<SourceSize?> MeasureAsync(CancellationToken cancel) => new(InputFile.SizeOf(Files));

    public JsonObject? Describe() => SourceText.Of(paths);

    internal static ParquetSource Open(JsonObject description) => new(SourceText.Paths(description), InputLimits.Default);

    public string? DuckDbSql(IReadOnlyList<string>? columns)
    {
        if (Files.Any(f => f.Path is null || f.Partitions.Count > 0)) return null;
        var list = string.Join(", ", (columns ?? [.. Schema.Names]).Select(c => DuckDbConnection.Quote(FileSchema[c].Name)));
        return $"SELECT {(list.Length == 0 ? "1" : list)} FROM read_parquet([{string.Join(", ", Files.Select(f => Text(f.Path!)))}], hive_partitioning = false)";
    }

    public async IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        var output = request.SchemaOf(Schema);
        var inFiles = output.Where(f => !Provenance.Is(f.Name) && !Partitions.Fields.Contains(f.Name)).ToList();
        var stage = request.Stages?.Add("read parquet", request.Threads);
        using var database = DuckDbDatabase.InMemory(new DuckDbOptions { Threads = request.Threads });
        using var connection = database.Connect();
        foreach (var file in Files)
        {
            using var local = await LocalFile.OfAsync(file, cancel).ConfigureAwait(false);
            var columns = inFiles.Select(f => DuckDbConnection.Quote(f.Name)).ToList();
            // A batch knows its rows by its columns: where only folders are asked for, row numbers stand in.
            if (request.Provenance || columns.Count == 0) columns.Add("file_row_number + 1");
            var schema = new Schema(columns.Count > inFiles.Count ? inFiles.Append(Provenance.Fields[1]) : inFiles);
            using var statement = Opened(file, () => connection.Prepare($"SELECT {string.Join(", ", columns)} FROM read_parquet({Text(local.Path)}, file_row_number = {(columns.Count > inFiles.Count ? "true" : "false")}, hive_partitioning = false)"));
            var batches = BatchReader.StreamAsync(statement, schema, request.BatchRows, cancel).GetAsyncEnumerator(cancel);
            await using var end = batches.ConfigureAwait(false);
            while (true)
            {
                var since = System.Diagnostics.Stopwatch.GetTimestamp();
                try
                {
                    if (!await batches.MoveNextAsync().ConfigureAwait(false)) break;
                }
                catch (DuckDbException e)
                {
                    throw Broken(file, e);
                }
                var batch = batches.Current;
                stage?.Count(batch.Count, batch.Count, System.Diagnostics.Stopwatch.GetElapsedTime(since));
                yield return output.Count == batch.Schema.Count && inFiles.Count == output.Count ? batch : Completed(batch, output, file, inFiles.Count);
            }
        }
    }

    Batch Completed(Batch batch, Schema output, InputFile file, int fromFile)
    {
        var columns = output.Select(f => f.Name switch
        {
            Provenance.Line => batch[fromFile],
            Provenance.Source => PartitionColumn.Of(DataType.Text, file.Name, batch.Count, batch.Memory),
            _ when Partitions.Fields.TryIndexOf(f.Name, out var at) => Partitions.Column(file, at, batch.Count, batch.Memory),
            _ => batch[f.Name],
        }).ToArray();
        return new Batch(output, batch.Count, columns, batch.Memory);
    }

    static Schema ReadSchema(InputFile file)
    {
        using var local = LocalFile.OfAsync(file, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        using var database = DuckDbDatabase.InMemory(new DuckDbOptions { Threads = 1 });
        using var connection = database.Connect();
        using var statement = Opened(file, () => connection.Prepare($"SELECT * FROM read_parquet({Text(local.Path)}, hive_partitioning = false)"));
        return new Schema(Enumerable.Range(0, statement.ColumnCount).Select(i =>
        {
            using var type = statement.ColumnType(i);
            return new Field(statement.ColumnName(i), DuckDbTypes.ToDataType(type, statement.ColumnName(i)));
        }));
    }

    static DuckDbStatement Opened(InputFile file, Func<DuckDbStatement> open)
    {
        try
        {
            return open();
        }
        catch (DuckDbException e)
        {
            throw Broken(file, e);
        }
    }

    static BadDataException Broken(InputFile file, DuckDbException e) =>
        new($"'{file.Name}' can't be read as Parquet: {e.Message.Split('\n')[0].TrimEnd('.')}. Fetch or write it again.", file.Name, inner: e);

    internal static string Text(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";
}

/// <summary>A file that a reader must find on disk and move about in: itself where it is there, a copy where it is packed.</summary>
sealed class LocalFile : IDisposable
{
    readonly bool isCopy;

    LocalFile(string path, bool isCopy) => (Path, this.isCopy) = (path, isCopy);

    internal string Path { get; }

    internal static async ValueTask<LocalFile> OfAsync(InputFile file, CancellationToken cancel)
    {
        if (file.Path is { } path) return new LocalFile(path, isCopy: false);
        // A name of our own: what an archive calls its member never becomes a path.
        var copy = new LocalFile(System.IO.Path.Combine(System.IO.Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"millrace-input-{Guid.NewGuid():N}")), isCopy: true);
        try
        {
            var input = await file.OpenAsync(cancel).ConfigureAwait(false);
            await using var end = input.ConfigureAwait(false);
            var output = new FileStream(copy.Path, FileMode.CreateNew);
            await using var written = output.ConfigureAwait(false);
            await input.CopyToAsync(output, cancel).ConfigureAwait(false);
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (isCopy) File.Delete(Path);
    }
}
