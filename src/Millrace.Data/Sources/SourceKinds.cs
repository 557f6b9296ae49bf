using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Millrace.Data;

/// <summary>What opens sources again from their descriptions, by kind: a plan that comes from another process is opened with it.</summary>
public static class SourceKinds
{
    /// <summary>The kind of topics, which another room opens.</summary>
    internal const string Topic = "topic";

    const string TopicRoom = "Millrace.Operators";

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

    internal static ISource? Open(string kind, JsonObject description)
    {
        if (kind == Topic && !kinds.ContainsKey(kind) && FindRoom(TopicRoom) is { } room) RuntimeHelpers.RunModuleConstructor(room.ManifestModule.ModuleHandle);
        return kinds.TryGetValue(kind, out var open) ? open(description) : null;
    }

    // A plan may come to a process that hasn't touched the room yet: it makes its kind known when it is loaded. This room can't refer to it.
    static Assembly? FindRoom(string name)
    {
        try
        {
            return Assembly.Load(name);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
