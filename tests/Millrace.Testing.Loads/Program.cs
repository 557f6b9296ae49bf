using Millrace.Data;

// A process that loads, for tests that kill it: <target> <place> <mode> <generation> <rows>.
// It says "begun" when it starts to load and "loaded" when all is committed. The target "file" is written, whatever the mode.
var (target, place, mode, generation, rows) = (args[0], args[1], Enum.Parse<Load>(args[2]), int.Parse(args[3], null), int.Parse(args[4], null));
LoadTarget? table = target switch
{
    "file" => null,
    "postgres" => Postgres.Connect(place).Table("generations", key: ["id"]),
    "sqlite" => Sqlite.Open(place).Table("generations", key: ["id"]),
    "dataset" => Dataset.At(place, key: ["id"]),
    _ => throw new ArgumentException($"There is no target '{target}'."),
};
Console.WriteLine("begun");
try
{
    var frame = Frame.From(Enumerable.Range(0, rows).Select(i => new Row(i, generation, $"row {i} of generation {generation}")));
    object report = table is null ? await frame.WriteAsync(place) : await frame.LoadAsync(table, mode);
    Console.WriteLine($"loaded {report}");
    return 0;
}
catch (Exception e) when (e is LoadException or DatabaseException or IOException)
{
    Console.WriteLine($"failed {e.Message}");
    return 1;
}

sealed record Row(int Id, int Generation, string Text);
