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
    IReadOnlyList<(string Column, string What)> cuts = [];

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

    IReadOnlyList<(string Column, string What)> ISource.Cuts => FileSchema.Count > 0 ? cuts : [];

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

    Schema ReadSchema(InputFile file)
    {
        using var local = LocalFile.OfAsync(file, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        using var database = DuckDbDatabase.InMemory(new DuckDbOptions { Threads = 1 });
        using var connection = database.Connect();
        using var statement = Opened(file, () => connection.Prepare($"SELECT * FROM read_parquet({Text(local.Path)}, hive_partitioning = false)"));
        var schema = new Schema(Enumerable.Range(0, statement.ColumnCount).Select(i =>
        {
            using var type = statement.ColumnType(i);
            return new Field(statement.ColumnName(i), DuckDbTypes.ToDataType(type, statement.ColumnName(i)));
        }));
        if (schema.Any(f => HasInstants(f.Type))) cuts = CutsOf(schema, connection, local.Path);
        return schema;
    }

    static bool HasInstants(DataType type) => type switch
    {
        ListType list => HasInstants(list.Item.Type),
        MapType map => HasInstants(map.Key.Type) || HasInstants(map.Value.Type),
        StructType row => row.Fields.Any(f => HasInstants(f.Type)),
        _ => type.Kind == TypeKind.Instant,
    };

    // DuckDB hands out nanoseconds without a zone, and what has any is refused; those of instants it has cut by then.
    static List<(string, string)> CutsOf(Schema schema, DuckDbConnection connection, string path)
    {
        // The file's schema is a list, each column before its parts: where nobody is above it, a column begins.
        using var statement = connection.Prepare($"SELECT name::text, coalesce(num_children, 0)::bigint, coalesce(logical_type, '') LIKE 'TimestampType(isAdjustedToUTC=1%NANOS=Nano%' FROM parquet_schema({Text(path)})");
        var fields = new Schema(new Field("name", DataType.Text), new Field("children", DataType.Int64), new Field("cut", DataType.Boolean));
        var rows = new List<(string Name, long Children, bool Cut)>();
        foreach (var batch in BatchReader.StreamAsync(statement, fields, 1_000, CancellationToken.None).ToBlockingEnumerable())
        {
            using (batch)
                for (var i = 0; i < batch.Count; i++) rows.Add(((string)batch[0].ValueAt(i)!, (long)batch[1].ValueAt(i)!, (bool)batch[2].ValueAt(i)!));
        }
        var cut = new List<(string, string)>();
        for (var at = 1; at < rows.Count;)
        {
            var (name, begin) = (rows[at].Name, at);
            for (var open = 1L; open > 0; at++) open += rows[at].Children - 1;
            if (rows[begin..at].Any(r => r.Cut) && schema.Contains(name)) cut.Add((name, $"'{name}' has nanoseconds in the file and is read to the microsecond"));
        }
        return cut;
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
