using System.Text.RegularExpressions;
using Millrace.Data;

namespace Millrace.Cli.DataWork;

/// <summary>Where rows are, as people write it on a command line.</summary>
/// <param name="Text">The path, or what stands for a table.</param>
/// <param name="Types">Types that the writer gave to columns by name; the others are found out.</param>
sealed partial record Place(string Text, IReadOnlyDictionary<string, DataType> Types)
{
    internal const string Says = "A file, folder or pattern; a member of an archive or a sheet (data.tgz!a.csv, book.xlsx!Costs); a dataset's folder; a table in a database file (app.sqlite!orders, lake.duckdb!orders) or of a connection (warehouse:orders, with MILLRACE_CONNECTION_WAREHOUSE set). Types may follow a semicolon: a.csv;id:text,at:instant.";

    static readonly string[] DatabaseEndings = [".sqlite", ".sqlite3", ".db", ".duckdb"];

    internal static Place Parse(string text)
    {
        var at = text.IndexOf(';', StringComparison.Ordinal);
        if (at < 0) return new(text, new Dictionary<string, DataType>());
        try
        {
            return new(text[..at], ((StructType)DataType.Parse($"struct<{text[(at + 1)..]}>")).Fields.ToDictionary(f => f.Name, f => f.Type, StringComparer.OrdinalIgnoreCase));
        }
        catch (PlanException)
        {
            throw new UserErrorException($"'{text[(at + 1)..]}' doesn't give columns types. Write name:type with commas between: id:int64,amount:decimal(18,2),at:instant. The types are those of docs/formats.md.");
        }
    }

    internal static (string Name, Place Place) ParseNamed(string text) => text.IndexOf('=', StringComparison.Ordinal) is > 0 and var at
        ? (text[..at], Parse(text[(at + 1)..]))
        : throw new UserErrorException($"--table '{text}' names nothing. Write name=place: orders=exports/*.csv.");

    internal Frame Open()
    {
        if (Table([]) is { } table) return Typed(Frame.From((ISource)table));
        if (DatabaseEndings.Any(e => Text.EndsWith(e, StringComparison.OrdinalIgnoreCase)) && File.Exists(Text))
            throw new UserErrorException($"'{Text}' is a database, and a table of it is read: '{Text}!orders'. '{Text}!{(Text.EndsWith(".duckdb", StringComparison.OrdinalIgnoreCase) ? "information_schema.tables" : "sqlite_master")}' lists what is in it.");
        return FileFormats.Reading(Text).Name switch
        {
            "csv" => Csv.Read(Text, CsvOptions.Default with { Types = Types }),
            "tsv" => Csv.Read(Text, CsvOptions.Tab with { Types = Types }),
            "json" => Typed(Json.Read(Text)),
            "jsonl" => Typed(JsonLines.Read(Text)),
            "xml" => Typed(Xml.Read(Text, "/*/*")),
            "excel" => Typed(Excel.Read(Text)),
            _ => Typed(Frame.From(FileFormats.Open(Text))),
        };
    }

    /// <summary>A table, or the dataset in a folder: one that is made where there is none.</summary>
    internal LoadTarget Target(IReadOnlyList<string> key) => Table(key) ?? (FileFormats.Of(Text) is null && !File.Exists(Text)
        ? Dataset.At(Text, key)
        : throw new UserErrorException($"'{Text}' is no table. Write app.sqlite!orders for a table in a database file, warehouse:orders for one of a connection, or a folder for a dataset; 'millrace convert' writes files."));

    LoadTarget? Table(IReadOnlyList<string> key)
    {
        if (Text.LastIndexOf('!') is > 0 and var mark && DatabaseEndings.Any(e => Text[..mark].EndsWith(e, StringComparison.OrdinalIgnoreCase)))
            return Database.Table(Text[..mark], Text[(mark + 1)..], key);
        if (OfConnection().Match(Text) is { Success: true } of && !File.Exists(Text))
        {
            // Not known is an error here: the name would else be taken for a file's.
            NamedConnection.Find(of.Groups["name"].Value);
            return Database.Table(of.Groups["name"].Value, of.Groups["table"].Value, key);
        }
        var dataset = Dataset.At(Text, key);
        return dataset.Exists ? dataset : null;
    }

    Frame Typed(Frame frame) => Types.Aggregate(frame, (f, type) => f.Cast(type.Key, type.Value));

    // Two letters at least: C:\data is a drive.
    [GeneratedRegex(@"^(?<name>[A-Za-z_][A-Za-z0-9_-]+):(?<table>[^\\/]+)$")]
    private static partial Regex OfConnection();
}
