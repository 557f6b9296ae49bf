using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Millrace.Data.Engines.DuckDb;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// Materialised data in a folder: files of one format and a manifest that names them. A load writes files beside those that are
/// there and then replaces the manifest in one step, so a reader has the old data or the new, never a part. Handed from
/// task to task it is a reference: its folder and version.
/// </summary>
[JsonConverter(typeof(DatasetJson))]
public sealed class Dataset : LoadTarget, ISource
{
    readonly IReadOnlyList<string> key;
    readonly int? version;

    internal Dataset(string folder, IReadOnlyList<string> key, IReadOnlyList<string> partitionBy, int? version, DatasetFormat? format = null)
    {
        Folder = Path.GetFullPath(folder);
        (this.key, PartitionBy, this.version, Format) = ([.. key], [.. partitionBy], version, format);
    }

    /// <param name="folder">The folder; the first load makes it.</param>
    /// <param name="key">The columns by which a load knows its rows again. Said by the first load, and remembered.</param>
    /// <param name="partitionBy">Columns whose values part the rows into folders: <c>year=2026/</c>. Said by the first load, and remembered.</param>
    /// <param name="format">What the files are, said by the first load too; Parquet where nobody says.</param>
    public static Dataset At(string folder, IReadOnlyList<string>? key = null, IReadOnlyList<string>? partitionBy = null, DatasetFormat? format = null) =>
        new(folder, key ?? [], partitionBy ?? [], null, format);

    /// <summary>The dataset as it was at one of its versions, of which the last few are kept.</summary>
    public Dataset AtVersion(int number) => new(Folder, key, PartitionBy, number, Format);

    /// <summary>A backup's dataset in a folder of its own again; every file is checked on the way.</summary>
    public static async Task<Dataset> RestoreAsync(string from, string to, CancellationToken cancel = default)
    {
        var backup = At(from);
        if (At(to).Exists) throw new LoadException($"There is a dataset in '{to}' already. Restore into a new folder, or remove that one first.");
        await backup.BackupAsync(to, cancel).ConfigureAwait(false);
        return At(to);
    }

    public string Folder { get; }
    internal IReadOnlyList<string> PartitionBy { get; }
    internal DatasetFormat? Format { get; }

    public override string Kind => "dataset";
    public override string Name => Folder;

    /// <summary>The key that was given, or the one that the dataset was loaded by first.</summary>
    public override IReadOnlyList<string> Key => key.Count > 0 || !Exists ? key : DatasetManifest.Read(ManifestPath).Key;

    internal IReadOnlyList<string> GivenKey => key;
    public bool Exists => File.Exists(ManifestPath);

    /// <summary>The version that a reader has now; 0 before the first load.</summary>
    public int Version => version ?? (Exists ? DatasetManifest.Read(ManifestPath).Version : 0);

    public Schema Schema => Current().Schema;
    public long Rows => Current().Rows;

    /// <summary>Which file a row is in, beside its columns.</summary>
    internal const string FileColumn = "millrace_file";

    internal string ManifestPath => Path.Combine(Folder, "manifest.json");
    internal string VersionPath(int number) => Path.Combine(Folder, "versions", $"{number}.json");
    internal string PathOf(ManifestFile file) => Path.Combine(Folder, file.Path);

    internal DatasetManifest Current()
    {
        var path = version is { } number ? VersionPath(number) : ManifestPath;
        return File.Exists(path)
            ? DatasetManifest.Read(path)
            : throw new DatabaseException(version is null
                ? $"There is no dataset in '{Folder}'. Load something into it first, or correct the path."
                : $"The dataset in '{Folder}' has no version {version}: only the last {DatasetLoad.KeptVersions} are kept.");
    }

    /// <summary>Reads every file and compares it with its checksum.</summary>
    /// <exception cref="DatabaseException">Names the file that is damaged or missing.</exception>
    public async Task VerifyAsync(CancellationToken cancel = default)
    {
        foreach (var file in Current().Files) await VerifyAsync(file, PathOf(file), cancel).ConfigureAwait(false);
    }

    /// <summary>Copies the version that is current, checked, to another folder, which is a dataset then.</summary>
    public async Task BackupAsync(string to, CancellationToken cancel = default)
    {
        var (manifest, copy) = (Current(), new Dataset(to, key, PartitionBy, null));
        foreach (var file in manifest.Files)
        {
            var path = copy.PathOf(file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            if (!File.Exists(PathOf(file))) throw Damaged(file, PathOf(file), "is missing");
            File.Copy(PathOf(file), path, overwrite: true);
            await VerifyAsync(file, path, cancel).ConfigureAwait(false);
            DurableFile.Flush(path);
        }
        Directory.CreateDirectory(Path.Combine(to, "versions"));
        DurableFile.Replace(copy.VersionPath(manifest.Version), manifest.Utf8());
        DurableFile.Replace(copy.ManifestPath, manifest.Utf8());
    }

    static async Task VerifyAsync(ManifestFile file, string path, CancellationToken cancel)
    {
        if (!File.Exists(path)) throw Damaged(file, path, "is missing");
        if (await DurableFile.Sha256Async(path, cancel).ConfigureAwait(false) != file.Sha256) throw Damaged(file, path, "is damaged: its checksum isn't the manifest's");
    }

    static DatabaseException Damaged(ManifestFile file, string path, string how) => new($"The file '{file.Path}' of the dataset {how} ('{path}'). Restore the dataset from a backup.");

    public JsonObject Describe()
    {
        var description = new JsonObject { ["path"] = Folder };
        if (version is not null) description["version"] = version;
        return description;
    }

    internal static Dataset Open(JsonObject description) =>
        new(description["path"]!.GetValue<string>(), [], [], description["version"]?.GetValue<int>());

    public ValueTask<SourceSize?> MeasureAsync(CancellationToken cancel) => new(new SourceSize(Rows: Rows));

    public async IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        var manifest = Current();
        var schema = manifest.Schema;
        var wanted = request.Columns is null ? schema : schema.Select(request.Columns);
        var result = request.SchemaOf(schema);
        var row = 0L;
        if (manifest.Files.Count == 0) yield break;
        if (manifest.Format != DatasetFormat.Parquet)
        {
            await foreach (var batch in ReadTextAsync(manifest, wanted.Count == 0 ? schema.Take(1) : wanted, request.Threads, cancel).ConfigureAwait(false))
            {
                var columns = wanted.Count == 0 ? [] : batch.Columns.ToArray();
                if (request.Provenance) columns = [.. columns, .. RowPlaces.Columns(Folder, row, batch.Count)];
                row += batch.Count;
                yield return new Batch(result, batch.Count, columns, batch.Memory);
            }
            yield break;
        }
        await foreach (var batch in ReadParquetAsync(manifest, request, wanted, result, cancel).ConfigureAwait(false)) yield return batch;
    }

    async IAsyncEnumerable<Batch> ReadTextAsync(DatasetManifest manifest, IEnumerable<Field> wanted, int threads, [EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (var file in manifest.Files)
        {
            var rows = await DatasetText.ReadAsync(PathOf(file), file, manifest.Format, manifest.Schema, wanted, cancel).ConfigureAwait(false);
            await foreach (var batch in FrameRunner.RunAsync(rows, new RunContext { Threads = threads }, cancel).ConfigureAwait(false)) yield return batch;
        }
    }

    async IAsyncEnumerable<Batch> ReadParquetAsync(DatasetManifest manifest, ReadRequest request, Schema wanted, Schema result, [EnumeratorCancellation] CancellationToken cancel)
    {
        var row = 0L;
        using var database = DuckDbDatabase.InMemory(new DuckDbOptions { Threads = request.Threads });
        using var connection = database.Connect();
        var columns = wanted.Count == 0 ? "1" : string.Join(", ", wanted.Select(f => TableName.Quote(f.Name)));
        using var statement = connection.Prepare($"select {columns} from {FilesSql(manifest)} as files");
        var expected = wanted.Count == 0 ? new Schema(new Field("1", DataType.Int32)) : wanted;
        await foreach (var batch in BatchReader.StreamAsync(statement, expected, request.BatchRows, cancel).ConfigureAwait(false))
        {
            var taken = wanted.Count == 0 ? [] : batch.Columns.ToArray();
            if (request.Provenance) taken = [.. taken, .. RowPlaces.Columns(Folder, row, batch.Count)];
            row += batch.Count;
            yield return new Batch(result, batch.Count, taken, batch.Memory);
        }
    }

    /// <summary>The manifest's files as DuckDB reads them; a column that an old file hasn't is null there.</summary>
    internal string FilesSql(DatasetManifest manifest) => FilesSql(manifest.Files, manifest.Schema);

    internal string FilesSql(IEnumerable<ManifestFile> files, Schema schema)
    {
        var dialect = new DuckDbLoadDialect();
        var paths = string.Join(", ", files.Select(f => LoadDialect.Text(PathOf(f))));
        // Parquet's intervals end at milliseconds: durations lie in the files as whole microseconds.
        var columns = schema.Select(f => f.Type.Kind == TypeKind.Duration
            ? $"to_microseconds({TableName.Quote(f.Name)}::bigint) as {TableName.Quote(f.Name)}"
            : $"{TableName.Quote(f.Name)}::{dialect.TypeOf(f)} as {TableName.Quote(f.Name)}");
        return $"(select {string.Join(", ", columns)}, {FileColumn} from read_parquet([{paths}], union_by_name = true, filename = '{FileColumn}', hive_partitioning = false))";
    }

    internal override Task<string?> ReadStateAsync(string bookmark, CancellationToken cancel) =>
        Task.FromResult(Exists ? DatasetManifest.Read(ManifestPath).Bookmarks.GetValueOrDefault(bookmark) : null);

    internal override async Task<LoadWriter> OpenAsync(Schema schema, Load mode, LoadOptions options, RunContext context, CancellationToken cancel) =>
        await DatasetLoad.OpenAsync(this, schema, mode, options, context, cancel).ConfigureAwait(false);
}
