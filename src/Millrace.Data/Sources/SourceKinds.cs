using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Millrace.Data;

/// <summary>What opens sources again from their descriptions, by kind: a plan that comes from another process is opened with it.</summary>
public static class SourceKinds
{
    static readonly ConcurrentDictionary<string, Func<JsonObject, ISource>> kinds = new(StringComparer.Ordinal)
    {
        [InlineRows.Kind] = InlineRows.Open,
        ["csv"] = description => Csv.Open(CsvOptions.PathsOf(description), CsvOptions.Read(description)),
        ["fixed-width"] = FixedWidth.Open,
        ["postgres"] = Postgres.Open,
        ["sqlite"] = Sqlite.Open,
        ["json"] = description => JsonSource.Open(description, lines: false),
        ["jsonl"] = description => JsonSource.Open(description, lines: true),
        ["xml"] = XmlSource.Open,
        ["excel"] = ExcelSource.Open,
        ["avro"] = AvroSource.Open,
        ["parquet"] = ParquetSource.Open,
        ["duckdb"] = DuckDb.Open,
        ["dataset"] = Dataset.Open,
    };

    /// <summary>Makes a kind known. A source of your own that describes itself does this before plans are read.</summary>
    public static void Add(string kind, Func<JsonObject, ISource> open) => kinds[kind] = open;

    internal static ISource? Open(string kind, JsonObject description) => kinds.TryGetValue(kind, out var open) ? open(description) : null;
}
