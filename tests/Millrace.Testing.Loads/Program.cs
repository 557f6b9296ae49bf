using Millrace.Data;

// A process that loads, for tests that kill it: <target> <place> <mode> <generation> <rows>.
// An append has the generation for its id, and an incremental load for its bookmark.
// It says "begun" when it starts to load and "loaded" when all is committed. The target "file" is written, whatever the mode.
var (target, place, mode, generation, rows) = (args[0], args[1], Enum.Parse<Load>(args[2]), int.Parse(args[3], null), int.Parse(args[4], null));
var numbers = Frame.From(Enumerable.Range(0, rows).Select(i => new Row(i, generation, $"row {i} of generation {generation}")));
var options = new LoadOptions
{
    Id = mode == Load.Append ? $"{generation}" : null,
    Bookmark = mode == Load.Incremental ? Bookmark.ByKey("generation") : null,
    Streams = target == "streams" ? 3 : 1,
};
// Appended rows have one key again and again.
string[] key = mode == Load.Append && target is ("postgres" or "streams") ? [] : ["id"];
Func<Task<object>> load = target switch
{
    "file" => async () => await numbers.WriteAsync(place),
    "folder" => async () => await numbers.WriteAsync(JsonLines.Folder(place, write: FolderWrite.Append)),
    "by-key" => async () => await Frame.From(Enumerable.Range(0, rows * (generation + 1)).Select(i => new Row(i, 0, $"row {i}")))
        .LoadAsync(Dataset.At(place), Load.Incremental, new LoadOptions { Bookmark = Bookmark.ByKey("id") }),
    "by-file" => LoadNewFilesAsync,
    "postgres" or "streams" => () => LoadAsync(Postgres.Connect(place).Table("generations", key)),
    "ado" => () => LoadAsync(AdoDatabase.Connect(Npgsql.NpgsqlFactory.Instance, place).Table("generations", key)),
    "sqlite" => () => LoadAsync(Sqlite.Open(place).Table("generations", key)),
    "duckdb" => () => LoadAsync(DuckDb.Open(place).Table("generations", key)),
    "dataset" => () => LoadAsync(Dataset.At(place, key)),
    _ => throw new ArgumentException($"There is no target '{target}'."),
};
Console.WriteLine("begun");
try
{
    Console.WriteLine($"loaded {await load()}");
    return 0;
}
catch (Exception e) when (e is LoadException or DatabaseException or IOException)
{
    Console.WriteLine($"failed {e.Message}");
    return 1;
}

async Task<object> LoadAsync(LoadTarget table) => await numbers.LoadAsync(table, mode, options);

async Task<object> LoadNewFilesAsync()
{
    var data = Dataset.At(Path.Combine(place, "data"));
    var fresh = await FileBookmark.NewAsync(Path.Combine(place, "in", "*.jsonl"), data);
    // The load before may have been killed after its commit.
    return fresh.Files.Count == 0 ? "nothing" : await JsonLines.Read(fresh.Files).LoadAsync(data, Load.Append, new LoadOptions { Files = fresh });
}

sealed record Row(int Id, int Generation, string Text);
