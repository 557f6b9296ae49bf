using System.Globalization;
using Millrace.Data.Engines.DuckDb;

namespace Millrace.Data;

/// <summary>A Parquet file, written by DuckDB.</summary>
sealed class ParquetSink(string? path, ParquetOptions options) : FileSink(path)
{
    public override string Kind => "parquet";

    internal override string Extension => ".parquet";

    internal override void Check(Schema schema)
    {
        // Parquet's intervals end at milliseconds: durations are written as whole microseconds, which they are.
        if (schema.FirstOrDefault(f => f.Type.Kind != TypeKind.Duration && HoldsDuration(f.Type)) is { } field)
            throw new PlanException($"Column '{field.Name}' has durations inside a {field.Type.Kind.ToString().ToLowerInvariant()}, and Parquet has no type that holds their microseconds. Convert them to integers first.");
        if (schema.Count == 0) throw new PlanException("A Parquet file needs at least one column.");
    }

    static bool HoldsDuration(DataType type) => type switch
    {
        ListType list => HoldsDuration(list.Item.Type),
        MapType map => HoldsDuration(map.Key.Type) || HoldsDuration(map.Value.Type),
        StructType row => row.Fields.Any(f => HoldsDuration(f.Type)),
        _ => type.Kind == TypeKind.Duration,
    };

    /// <summary>The statement that writes the rows of a query with these columns to the path.</summary>
    /// <param name="mostValues">How many values a dictionary has at most; otherwise as many as DuckDB finds good.</param>
    internal string CopyStatement(string query, Schema schema, string path, int? mostValues = null)
    {
        var columns = schema.Select(f => DuckDbConnection.Quote(f.Name)).Select((name, i) => schema[i].Type.Kind == TypeKind.Duration ? $"epoch_us({name}) AS {name}" : name);
        return $"""
            COPY (SELECT {string.Join(", ", columns)} FROM ({query}))
            TO {ParquetSource.Text(path)} (FORMAT parquet, COMPRESSION {Codec}, ROW_GROUP_SIZE {Number(options.RowGroupRows)}{(mostValues is { } most ? $", DICTIONARY_SIZE_LIMIT {Number(most)}" : "")})
            """;
    }

    static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    string Codec => options.Compression switch
    {
        ParquetCompression.None => "uncompressed",
        // Level 3 takes a fifth more time for a file that is a twentieth smaller.
        ParquetCompression.Zstd => "zstd, COMPRESSION_LEVEL 1",
        var codec => codec.ToString().ToLowerInvariant(),
    };

    internal override FileWriter Start(string path, string name, Schema schema, RunContext context)
    {
        if (Packing.Of(name) is not null) throw new NotSupportedException($"'{name}' is to be packed, and Parquet files are packed inside. Leave the end of the name off.");
        return new ParquetWriter(path, schema, (part, mostValues) => CopyStatement($"SELECT * FROM {ParquetLane.Table}", schema, part, mostValues), options.RowGroupRows, context.Threads);
    }
}
