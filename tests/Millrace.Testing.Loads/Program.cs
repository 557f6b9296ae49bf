using Millrace.Data;

// A process that loads, for tests that kill it: <target> <place> <mode> <generation> <rows>.
// It says "begun" when it starts to load and "loaded" when all is committed. The target "file" is written, whatever the mode.
var (target, place, mode, generation, rows) = (args[0], args[1], Enum.Parse<Load>(args[2]), int.Parse(args[3], null), int.Parse(args[4], null));
var numbers = Frame.From(Enumerable.Range(0, rows).Select(i => new Row(i, generation, $"row {i} of generation {generation}")));
Func<Task<object>> load = target switch
{
    "file" => async () => await numbers.WriteAsync(place),
    "folder" => async () => await numbers.WriteAsync(JsonLines.Folder(place, write: FolderWrite.Append)),
    "by-key" => async () => await Frame.From(Enumerable.Range(0, rows * (generation + 1)).Select(i => new Row(i, 0, $"row {i}")))
        .LoadAsync(Dataset.At(place), Load.Incremental, new LoadOptions { Bookmark = Bookmark.ByKey("id") }),
    "by-file" => LoadNewFilesAsync,
    "postgres" => () => LoadAsync(Postgres.Connect(place).Table("generations", key: ["id"])),
    "ado" => () => LoadAsync(AdoDatabase.Connect(Npgsql.NpgsqlFactory.Instance, place).Table("generations", key: ["id"])),
    "sqlite" => () => LoadAsync(Sqlite.Open(place).Table("generations", key: ["id"])),
    "dataset" => () => LoadAsync(Dataset.At(place, key: ["id"])),
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

async Task<object> LoadAsync(LoadTarget table) => await numbers.LoadAsync(table, mode);

async Task<object> LoadNewFilesAsync()
{
    var data = Dataset.At(Path.Combine(place, "data"));
    var fresh = await FileBookmark.NewAsync(Path.Combine(place, "in", "*.jsonl"), data);
    // The load before may have been killed after its commit.
    return fresh.Files.Count == 0 ? "nothing" : await JsonLines.Read(fresh.Files).LoadAsync(data, Load.Append, new LoadOptions { Files = fresh });
}

sealed record Row(int Id, int Generation, string Text);
