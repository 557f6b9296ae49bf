using Millrace.Plans;

namespace Millrace.Data;

/// <summary>What a dataset's files are. Whichever it is, the manifest says the columns' types.</summary>
public enum DatasetFormat
{
    Parquet,

    /// <summary>With a header; null is the empty field, the empty text <c>""</c>.</summary>
    Csv,

    /// <summary>As CSV, with tabs: fields are quoted where they must be, so that no text is refused.</summary>
    Tsv,

    JsonLines,
}

/// <summary>
/// A dataset's files of text, which our own sources and sinks read and write: what they spell, they read back as the same
/// values. A file keeps the columns and types that it was written with.
/// </summary>
static class DatasetText
{
    internal static FileSink Sink(DatasetFormat format) => format switch
    {
        DatasetFormat.Csv => new CsvSink(null, CsvWriteOptions.Default),
        DatasetFormat.Tsv => new CsvSink(null, new CsvWriteOptions { Delimiter = '\t' }),
        _ => new JsonSink(null, lines: true),
    };

    /// <exception cref="PlanException">Names the column that the format can't hold without a loss.</exception>
    internal static void Check(DatasetFormat format, Schema schema)
    {
        Sink(format).Check(schema);
        if (format == DatasetFormat.JsonLines && schema.FirstOrDefault(f => HasOddKeys(f.Type)) is { } field)
            throw new PlanException($"Column '{field.Name}' is {field.Type}, and JSON has no other keys than texts. Make the map's keys texts or whole numbers, or take Parquet.");
    }

    static bool HasOddKeys(DataType type) => type switch
    {
        ListType list => HasOddKeys(list.Item.Type),
        StructType row => row.Fields.Any(f => HasOddKeys(f.Type)),
        MapType map => !(map.Key.Type.IsInteger || map.Key.Type.Kind is TypeKind.Text or TypeKind.Enum or TypeKind.Uuid) || HasOddKeys(map.Value.Type),
        _ => false,
    };

    /// <summary>A file's rows in columns of the dataset; those that came after it are null.</summary>
    internal static async Task<Relation> ReadAsync(string path, ManifestFile file, DatasetFormat format, Schema dataset, IEnumerable<Field> wanted, CancellationToken cancel)
    {
        var held = new Schema(dataset.Take(file.Types?.Count ?? dataset.Count).Select((f, i) => file.Types is null ? f : f with { Type = DataType.Parse(file.Types[i]) }));
        ISource source = format == DatasetFormat.JsonLines
            ? new JsonSource([path], lines: true, JsonOptions.Default with { Columns = held })
            : await CsvSource.OpenAsync([InputFile.At(path)], new CsvOptions { Columns = held, Header = Header.Yes, Delimiter = format == DatasetFormat.Tsv ? '\t' : ',' }, cancel).ConfigureAwait(false);
        return new Project(new Scan(source), wanted.Select(f => new NamedExpr(f.Name, Value(f, held))).ToSequence());
    }

    static Expr Value(Field field, Schema held) =>
        !held.TryIndexOf(field.Name, out var at) ? new LiteralExpr(null, field.Type)
        : held[at].Type.Equals(field.Type) ? new ColumnExpr(field.Name)
        : new CastExpr(new ColumnExpr(field.Name), field.Type);
}
