using Millrace.Data;

// A process that loads, for tests that kill it: <target> <place> <mode> <generation> <rows> [wait].
// An append has the generation for its id, and an incremental load for its bookmark.
// It says "begun" when it starts to load and "loaded" when all is committed. With wait, rows trickle in until it is killed.
var (target, place, mode, generation, rows) = (args[0], args[1], Enum.Parse<Load>(args[2]), int.Parse(args[3], null), int.Parse(args[4], null));
var numbers = Frame.From(Enumerable.Range(0, rows).Select(i => new Row(i, generation, $"row {i} of generation {generation}")));
// What isn't a load into a table: files that are added to a folder, and loads that remember how far they came.
Func<Task>? other = target switch
{
    "folder" => () => numbers.WriteAsync(JsonLines.Folder(place, write: FolderWrite.Append)),
    "by-key" => () => Frame.From(Enumerable.Range(0, rows * (generation + 1)).Select(i => new Row(i, 0, $"row {i}")))
        .LoadAsync(Dataset.At(place), Load.Incremental, new LoadOptions { Bookmark = Bookmark.ByKey("id") }),
    "by-file" => async () =>
    {
        var fresh = await FileBookmark.NewAsync(Path.Combine(place, "in", "*.jsonl"), Dataset.At(Path.Combine(place, "data")));
        // The load before may have been killed after its commit.
        if (fresh.Files.Count > 0) await JsonLines.Read(fresh.Files).LoadAsync(Dataset.At(Path.Combine(place, "data")), Load.Append, new LoadOptions { Files = fresh });
    },
    _ => null,
};
if (other is not null)
{
    Console.WriteLine("begun");
    await other();
    Console.WriteLine("loaded");
    return 0;
}
LoadTarget table = target switch
{
    "postgres" => Postgres.Connect(place).Table("generations", key: ["id"]),
    "duckdb" => DuckDb.Open(place).Table("generations", key: ["id"]),
    "streams" => Postgres.Connect(place).Table("generations", key: ["id"]),
    "ado" => AdoDatabase.Connect(Npgsql.NpgsqlFactory.Instance, place).Table("generations", key: ["id"]),
    "sqlite" => Sqlite.Open(place).Table("generations", key: ["id"]),
    "dataset" => Dataset.At(place, key: ["id"]),
    _ => throw new ArgumentException($"There is no target '{target}'."),
};
var options = new LoadOptions
{
    Id = mode == Load.Append ? $"{generation}" : null,
    Bookmark = mode == Load.Incremental ? Bookmark.ByKey("generation") : null,
    Streams = target == "streams" ? 3 : 1,
};
Console.WriteLine("begun");
try
{
    // Appended rows have one key again and again.
    if (mode == Load.Append && table is PostgresTable) table = Postgres.Connect(place).Table("generations");
    var report = await numbers.LoadAsync(table, mode, options);
    Console.WriteLine($"loaded {report}");
    return 0;
}
catch (Exception e) when (e is LoadException or DatabaseException or IOException)
{
    Console.WriteLine($"failed {e.Message}");
    return 1;
}

sealed record Row(int Id, int Generation, string Text);
