using Millrace.Data.Engines.DuckDb;

namespace Millrace.Data;

/// <summary>One load of a dataset at a time, in all processes: the lock ends with the process that holds it.</summary>
static class DatasetLock
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(5), Pause = TimeSpan.FromMilliseconds(20);

    internal static async Task<FileStream> TakeAsync(string folder, CancellationToken cancel)
    {
        var path = Path.Combine(folder, ".lock");
        var since = System.Diagnostics.Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (System.Diagnostics.Stopwatch.GetElapsedTime(since) < Patience)
            {
                await Task.Delay(Pause, cancel).ConfigureAwait(false);
            }
        }
    }
}

/// <summary>Removes what no version that is kept needs. Only who holds the lock may call it: nobody else is writing then.</summary>
static class DatasetSweeper
{
    internal static void Sweep(Dataset dataset)
    {
        if (!dataset.Exists) return;
        var current = DatasetManifest.Read(dataset.ManifestPath);
        var needed = current.Files.Select(dataset.PathOf).ToHashSet(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(Path.Combine(dataset.Folder, "versions"), "*.json"))
        {
            // A version above the current one was written by a load that died before readers had it.
            var isKept = int.TryParse(Path.GetFileNameWithoutExtension(path), out var number) && number > current.Version - DatasetLoad.KeptVersions && number <= current.Version;
            if (isKept) needed.UnionWith(DatasetManifest.Read(path).Files.Select(dataset.PathOf));
            else File.Delete(path);
        }
        var data = Path.Combine(dataset.Folder, "data");
        if (!Directory.Exists(data)) return;
        foreach (var load in Directory.EnumerateDirectories(data))
        {
            var files = Directory.EnumerateFiles(load, "*", SearchOption.AllDirectories).ToList();
            foreach (var file in files.Where(f => !needed.Contains(f))) File.Delete(file);
            if (!files.Any(needed.Contains)) Directory.Delete(load, recursive: true);
        }
    }
}

static class DuckDbScalars
{
    /// <summary>The first column of a small result.</summary>
    internal static List<object?> Scalars(this DuckDbConnection connection, string sql) => [.. connection.Rows(sql).Select(row => row[0])];

    internal static List<object?[]> Rows(this DuckDbConnection connection, string sql)
    {
        using var reader = new BatchReader(connection.Query(sql));
        var rows = new List<object?[]>();
        while (reader.Read() is { } batch)
            using (batch)
                for (var i = 0; i < batch.Count; i++) rows.Add(batch.Row(i));
        return rows;
    }
}
