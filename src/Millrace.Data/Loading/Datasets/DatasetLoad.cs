using System.Diagnostics;
using Millrace.Data.Engines.DuckDb;

namespace Millrace.Data;

/// <summary>
/// A load of a dataset. Rows are staged in a DuckDB file within the dataset's folder; new files are written beside
/// the old ones; the manifest that names them is renamed into place. The lock makes loads take turns, and whatever lies in
/// the folder that no kept manifest names was left by a load that died.
/// </summary>
sealed partial class DatasetLoad : LoadWriter
{
    internal const int KeptVersions = 3;
    const int RowsInFile = 4_000_000;
    const string Old = "old", Staged = DuckDbLoadSession.Staging;

    readonly Dataset dataset;
    readonly Load mode;
    readonly LoadOptions options;
    readonly Stage staging, publishing;
    readonly DatasetManifest before;
    readonly FileStream writers;
    readonly string work;
    readonly IReadOnlyList<string> names;
    readonly DuckDbLoadDialect dialect = new();
    OpenDuckDb? stage;
    BatchAppender? appender;
    SchemaMatch match = null!;
    RowGuard guard = null!;
    IReadOnlyList<MatchedColumn> key = [];
    long rowsIn;

    DatasetLoad(Dataset dataset, Load mode, LoadOptions options, RunContext context, FileStream writers) : base(context)
    {
        (this.dataset, this.options, this.writers) = (dataset, options, writers);
        staging = context.Stages.Add("write to dataset");
        publishing = context.Stages.Add("publish");
        before = dataset.Exists ? DatasetManifest.Read(dataset.ManifestPath) : new DatasetManifest { PartitionBy = dataset.PartitionBy, Format = dataset.Format ?? DatasetFormat.Parquet };
        names = dataset.GivenKey.Count > 0 ? dataset.GivenKey : before.Key;
        this.mode = mode == Load.Incremental ? names.Count > 0 ? Load.Upsert : Load.Append : mode;
        work = Path.Combine(dataset.Folder, "data", $"{Guid.NewGuid():n}");
    }

    internal static async Task<DatasetLoad> OpenAsync(Dataset dataset, Schema schema, Load mode, LoadOptions options, RunContext context, CancellationToken cancel)
    {
        if (mode == Load.Scd2) throw new LoadException("A dataset keeps no row versions: Load.Scd2 is for tables. Its own versions are at hand by AtVersion(...).");
        if (dataset.Key.Count == 0 && mode is Load.Upsert or Load.InsertOnly or Load.DeleteInsert)
            throw new LoadException($"Load.{mode} finds rows by a key, and the dataset in {dataset.Folder} was given none: Dataset.At(\"...\", key: [\"...\"]).");
        Directory.CreateDirectory(Path.Combine(dataset.Folder, "versions"));
        var writers = await DatasetLock.TakeAsync(dataset.Folder, cancel).ConfigureAwait(false);
        try
        {
            var load = new DatasetLoad(dataset, mode, options, context, writers);
            load.Prepare(schema);
            return load;
        }
        catch
        {
            await writers.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    void Prepare(Schema schema)
    {
        if (dataset.Format is { } format && format != before.Format)
            throw new LoadException($"The dataset in {dataset.Folder} has files of {before.Format}, and was to be loaded as {format}. Leave the format away, or load into a new folder.");
        MustBeAsLoadedFirst();
        IsDone = options.Id is { } id && before.Loads.ContainsKey(id);
        if (IsDone) return;
        DatasetSweeper.Sweep(dataset);
        var existing = before.Columns.Count == 0 ? null : before.Schema.Select(f => new TargetColumn(f, dialect.TypeOf(f))).ToList();
        match = SchemaMatch.Of(dataset.Folder, schema, existing, names, options.Contract, dialect, []);
        key = [.. names.Select(k => match.Find(k)!)];
        foreach (var name in before.PartitionBy.Where(p => match.Find(p) is null))
            throw new LoadException($"The dataset in {dataset.Folder} is parted by '{name}', which is not among the load's columns: {string.Join(", ", schema.Names)}.");
        if (IsText) MustBeHeld();
        guard = new RowGuard(match, schema, key, dataset.Folder, options.Contract, Rejects, options.RefusesStaged(mode, names));
        Directory.CreateDirectory(work);
        stage = OpenDuckDb.Connect(Path.Combine(work, "staging.duckdb"));
        stage.Connection.Execute($"create table {Staged} ({string.Join(", ", guard.Schema.Select(f => $"{Quoted(f.Name)} {dialect.TypeOf(f)}"))})");
        appender = new BatchAppender(stage.Connection, guard.Schema, Staged);
    }

    void MustBeAsLoadedFirst()
    {
        // Which rows are replaced, each delete-insert may say anew: their days one time, their key another.
        if (mode != Load.DeleteInsert && before.Key.Count > 0 && !PlacesOf(names).Order().SequenceEqual(PlacesOf(before.Key).Order()))
            throw new LoadException($"The dataset in {dataset.Folder} has the key ({string.Join(", ", before.Key)}), and was to be loaded by ({string.Join(", ", names)}). Leave the key away, or load into a new folder.");
        if (before.Version > 0 && dataset.PartitionBy.Count > 0 && !PlacesOf(dataset.PartitionBy).SequenceEqual(PlacesOf(before.PartitionBy)))
            throw new LoadException($"The dataset in {dataset.Folder} is {(before.PartitionBy.Count == 0 ? "not parted" : $"parted by ({string.Join(", ", before.PartitionBy)})")}, and was to be loaded parted by ({string.Join(", ", dataset.PartitionBy)}). Leave partitionBy away, or load into a new folder.");
    }

    IEnumerable<int> PlacesOf(IEnumerable<string> columns) => columns.Select(c => before.Schema.TryIndexOf(c, out var at) ? at : -1);

    public override ValueTask WriteAsync(Batch batch, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var since = Stopwatch.GetTimestamp();
        var rows = batch.Count;
        rowsIn += rows;
        var rejected = guard.Rejected;
        using (var passed = guard.Pass(batch)) Explain(() => appender!.Append(passed));
        rejected = guard.Rejected - rejected;
        staging.Count(rows, rows - rejected, Stopwatch.GetElapsedTime(since), rejected: rejected);
        return ValueTask.CompletedTask;
    }

    internal override async Task CommitLoadAsync(CancellationToken cancel)
    {
        // Since this load began, no other could commit.
        State?.MustStandAt(before.Bookmarks.GetValueOrDefault(State.Name), dataset.Folder);
        var since = Stopwatch.GetTimestamp();
        Explain(() =>
        {
            appender!.Complete();
            appender.Dispose();
            appender = null;
        });
        var repeated = mode == Load.DeleteInsert ? 0 : RefuseRepeated();
        var rejected = guard.Rejected + repeated;
        MustNotRejectTooMany(rejected, rowsIn, options.MaxRejected);
        if (IsText && before.Files.Count > 0 && mode is Load.Upsert or Load.InsertOnly or Load.DeleteInsert) await StageOldAsync(cancel).ConfigureAwait(false);
        var plan = Explain(() => new DatasetMerge(this).Decide(rowsIn - rejected));
        var written = plan.Rows is null ? [] : await WriteFilesAsync(plan.Rows, cancel).ConfigureAwait(false);
        Counts = new LoadCounts
        {
            In = rowsIn,
            Added = plan.Added,
            Changed = plan.Changed,
            Deleted = plan.Deleted,
            Unchanged = plan.Unchanged,
            Rejected = rejected,
            Bytes = written.Sum(f => f.Bytes),
            SchemaChanges = match.Changes,
            DiscardedValues = guard.DiscardedValues,
        };
        Counts.MustAddUp(dataset.Folder);
        ManifestFile[] files = [.. before.Files.Where(f => !plan.Replaced.Contains(f.Path)), .. written];
        if (files.Sum(f => f.Rows) is var rows && rows != before.Rows + plan.Added - plan.Deleted)
            throw new LoadException($"The files of {dataset.Folder} would have {rows} rows after the load, and {before.Rows} before it, {plan.Added} added and {plan.Deleted} deleted make another number. Nothing was loaded. Several rows of the dataset with one key would explain it; if there are none, please report it with the plan.");
        Publish(files);
        publishing.Count(rowsIn - rejected, plan.Added + plan.Changed, Stopwatch.GetElapsedTime(since), Counts.Bytes, repeated);
    }

    internal Load Mode => mode;
    internal DuckDbConnection Connection => stage!.Connection;
    internal DatasetManifest Before => before;
    internal Dataset Target => dataset;
    internal IReadOnlyList<MatchedColumn> Key => key;
    internal IReadOnlyList<MatchedColumn> Columns => match.Columns;

    /// <summary>As it is after the load: the old columns in their order, then the new ones.</summary>
    internal Schema Schema => before.Columns.Count == 0
        ? new Schema(match.Columns.Select(c => new Field(c.Staged.Name, c.Target, c.Nullable && !key.Contains(c))))
        : new Schema(before.Schema.Select(f => match.Widened.FirstOrDefault(w => w.Name == f.Name) is { Type: { } wider } ? f with { Type = wider } : f).Concat(match.Added));

    internal long Execute(string sql) => Connection.Execute(sql);

    long RefuseRepeated()
    {
        if (key.Count == 0) return 0;
        var merge = new MergeSql(dialect, Old, Staged, match.Columns, key);
        var shown = string.Join(", ", key.Select(k => $"s.{Quoted(k.Staged.Name)}"));
        if (Connection.Scalars(merge.AnyRepeated).Count == 0) return 0;
        var text = string.Join(", ", key.Select(k => Quoted(k.Staged.Name)));
        var repeated = merge.Repeated(guard.StagesProvenance ? $"{shown}, s.{Quoted(Provenance.Source)}, s.{Quoted(Provenance.Line)}" : shown);
        var places = guard.StagesProvenance ? $", {Quoted(Provenance.Source)}, {Quoted(Provenance.Line)}" : "";
        var rows = Connection.Rows($"select concat_ws(', ', {text})::varchar{places} from ({repeated}) as s{(options.Duplicates == DuplicateKeys.Fail ? " limit 5" : "")}");
        if (options.Duplicates == DuplicateKeys.Fail)
            throw new LoadException($"Rows of the load share their key ({string.Join(", ", names)}), so the dataset can't say which is right: {string.Join("; ", rows.Select(r => r[0]))}. Deduplicate the frame by the key, or load with Duplicates = DuplicateKeys.Reject to keep the first of each.");
        foreach (var row in rows)
            Rejects.Add(new Reject("duplicate key", guard.Step, string.Join(", ", names), $"{row[0]}", row.ElementAtOrDefault(1) as string, row.ElementAtOrDefault(2) as long?, $"An earlier row of the load has the key {row[0]}."));
        Execute(merge.DeleteRepeated);
        return rows.Count;
    }

    async Task<List<ManifestFile>> WriteFilesAsync(string rows, CancellationToken cancel)
    {
        var target = Path.Combine(work, "files");
        var counts = IsText ? await WriteTextAsync(rows, target, cancel).ConfigureAwait(false) : null;
        if (counts is null) WriteParquet(rows, target);
        string[]? types = IsText ? [.. Schema.Select(f => f.Type.ToString())] : null;
        var files = new List<ManifestFile>();
        foreach (var path in Directory.EnumerateFiles(target, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            DurableFile.Flush(path);
            var count = counts?[Path.GetRelativePath(target, path)] ?? (long)Connection.Scalars($"select num_rows from parquet_file_metadata({LoadDialect.Text(path)})")[0]!;
            files.Add(new(Path.GetRelativePath(dataset.Folder, path).Replace('\\', '/'), count, new FileInfo(path).Length, await DurableFile.Sha256Async(path, cancel).ConfigureAwait(false), types));
        }
        foreach (var folder in Directory.EnumerateDirectories(target, "*", SearchOption.AllDirectories).Append(target).Append(work).Append(Path.GetDirectoryName(work)!)) DurableFile.FlushFolder(folder);
        return files;
    }

    void WriteParquet(string rows, string target)
    {
        Directory.CreateDirectory(target);
        var columns = string.Join(", ", Schema.Select(f => f.Type.Kind == TypeKind.Duration ? $"epoch_us({Quoted(f.Name)}) as {Quoted(f.Name)}" : Quoted(f.Name)));
        var parts = before.PartitionBy.Count == 0 ? "" : $", partition_by ({string.Join(", ", before.PartitionBy.Select(p => Quoted(match.Find(p)!.Staged.Name)))}), write_partition_columns true";
        Explain(() =>
        {
            if (parts.Length > 0)
            {
                Execute($"copy (select {columns} from ({rows})) to {LoadDialect.Text(target)} (format parquet, compression zstd{parts})");
                return;
            }
            var count = (long)Connection.Scalars($"select count(*) from ({rows})")[0]!;
            for (var (from, number) = (0L, 1); from < Math.Max(count, 1); from += RowsInFile, number++)
                Execute($"copy (select {columns} from ({rows}) limit {RowsInFile} offset {from}) to {LoadDialect.Text(Path.Combine(target, $"part-{number:00000}.parquet"))} (format parquet, compression zstd)");
        });
    }

    void Publish(IReadOnlyList<ManifestFile> files)
    {
        var after = before with
        {
            Version = before.Version + 1,
            Columns = [.. Schema.Select(f => new ManifestColumn(f.Name, f.Type.ToString(), f.Nullable))],
            // How a delete-insert finds its rows says nothing of how they are told apart.
            Key = mode == Load.DeleteInsert || before.Key.Count > 0 ? before.Key : [.. key.Select(k => k.Staged.Name)],
            Files = files,
            Loads = options.Id is { } id ? new Dictionary<string, DateTimeOffset>(before.Loads) { [id] = options.Time.GetUtcNow() } : before.Loads,
            Bookmarks = State is { } state ? new Dictionary<string, string>(before.Bookmarks) { [state.Name] = state.State } : before.Bookmarks,
        };
        if (files.SequenceEqual(before.Files) && after.Loads == before.Loads && after.Bookmarks == before.Bookmarks && after.Columns.SequenceEqual(before.Columns) && after.Key.SequenceEqual(before.Key)) return;
        DurableFile.Replace(dataset.VersionPath(after.Version), after.Utf8());
        // From here on readers have the new data.
        DurableFile.Replace(dataset.ManifestPath, after.Utf8());
    }

    static string Quoted(string name) => TableName.Quote(name);

    void Explain(Action work) => Explain(() =>
    {
        work();
        return true;
    });

    T Explain<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (DuckDbException e)
        {
            throw new LoadException($"The load of {dataset.Folder} was given up and nothing of it is there: {e.Message}", e);
        }
    }

    public override ValueTask DisposeAsync()
    {
        appender?.Dispose();
        stage?.Dispose();
        foreach (var left in Directory.Exists(work) ? Directory.EnumerateFiles(work, "staging.duckdb*") : []) File.Delete(left);
        return writers.DisposeAsync();
    }
}
