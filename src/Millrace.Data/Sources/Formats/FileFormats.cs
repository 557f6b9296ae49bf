namespace Millrace.Data;

/// <summary>A format that files are known to be of by the end of their name.</summary>
/// <param name="Extensions">In lower case, with their dot.</param>
/// <param name="Sink">Null where files of the format are only read.</param>
sealed record FileFormat(string Name, IReadOnlyList<string> Extensions, Func<string, ISource> Open, Func<string, ISink>? Sink);

/// <summary>Finds the reader or writer of a path by the end of its name, what says how it is packed left aside.</summary>
static class FileFormats
{
    static readonly FileFormat[] all =
    [
        new("csv", [".csv", ".txt", ".log"], path => Csv.Open(path, CsvOptions.Default), path => Csv.File(path)),
        new("tsv", [".tsv", ".tab"], path => Csv.Open(path, CsvOptions.Tab), path => Tsv.File(path)),
        new("json", [".json"], path => new JsonSource([path], lines: false, JsonOptions.Default), Json.File),
        new("jsonl", [".jsonl", ".ndjson"], path => new JsonSource([path], lines: true, JsonOptions.Default), JsonLines.File),
        new("parquet", [".parquet", ".pq"], path => new ParquetSource([path], InputLimits.Default), path => Parquet.File(path)),
        new("excel", [".xlsx", ".xlsm"], path => new ExcelSource([path], null, ExcelOptions.Default), path => Excel.File(path)),
        new("avro", [".avro"], path => new AvroSource([path], InputLimits.Default), null),
        // Where nobody says what a row is, it is what stands below the root.
        new("xml", [".xml"], path => new XmlSource([path], "/*/*", XmlOptions.Default), null),
    ];

    internal static IReadOnlyList<FileFormat> All => all;

    /// <summary>A source of all files at the path, which may be a pattern, a folder or members of an archive.</summary>
    internal static ISource Open(string path) => Reading(path).Open(path);

    /// <summary>The format of what is at the path. A folder or an archive says nothing by its name: its files do, which must agree.</summary>
    internal static FileFormat Reading(string path)
    {
        if (Of(path) is { } named) return named;
        var files = InputFiles.Find(path);
        var first = Of(files[0].Name) ?? throw Unknown(files[0].Name, "read", all);
        return files.FirstOrDefault(f => Of(f.Name) != first) is { } odd
            ? throw new NotSupportedException($"'{path}' holds files of different formats, '{files[0].Name}' and '{odd.Name}' among them. Name those of one format by a pattern, such as '**/*{first.Extensions[0]}' in it.")
            : first;
    }

    internal static ISink Sink(string path) => Of(path) switch
    {
        { Sink: { } sink } => sink(path),
        { } format => throw new NotSupportedException($"'{path}' is to be a file of {format.Name}, which is only read. Write {Names(all.Where(f => f.Sink is not null))}."),
        null => throw Unknown(path, "written", all.Where(f => f.Sink is not null)),
    };

    internal static FileFormat? Of(string path)
    {
        var name = path[(path.LastIndexOfAny(['/', '\\', '!']) + 1)..];
        if (Archive.Is(name)) return null;
        name = Packing.Bare(name);
        return all.FirstOrDefault(f => f.Extensions.Any(e => name.EndsWith(e, StringComparison.OrdinalIgnoreCase)));
    }

    static NotSupportedException Unknown(string path, string done, IEnumerable<FileFormat> formats) =>
        new($"The name '{path}' doesn't say of what format it is. What is {done} ends in {Names(formats)}.");

    static string Names(IEnumerable<FileFormat> formats) => string.Join(", ", formats.SelectMany(f => f.Extensions));
}
