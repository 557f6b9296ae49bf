using System.Globalization;
using System.Text.Json.Nodes;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>A column of a file whose fields have fixed places.</summary>
/// <param name="Start">Its first character in the line, counted from 1 as in the record's description.</param>
/// <param name="Length">Characters, not bytes.</param>
/// <param name="Type">Null is text.</param>
public sealed record FixedColumn(string Name, int Start, int Length, DataType? Type = null, bool Nullable = true)
{
    public int Start { get; } = Start >= 1 ? Start : throw new ArgumentOutOfRangeException(nameof(Start), Start, $"The first character of a line is 1: column '{Name}' can't start before it.");
    public int Length { get; } = Length >= 1 ? Length : throw new ArgumentOutOfRangeException(nameof(Length), Length, $"Column '{Name}' needs at least one character.");
}

/// <summary>Text whose fields have fixed places in each line. Blanks around them are left out; a field of blanks is null.</summary>
public static class FixedWidth
{
    /// <param name="options">Encoding, nulls, formats, comments and what becomes of bad rows; delimiter, quote and header don't apply.</param>
    public static Frame Read(string path, IReadOnlyList<FixedColumn> columns, CsvOptions? options = null) => Read([path], columns, options);

    /// <inheritdoc cref="Read(string, IReadOnlyList{FixedColumn}, CsvOptions?)"/>
    public static Frame Read(IReadOnlyList<string> paths, IReadOnlyList<FixedColumn> columns, CsvOptions? options = null) => Frame.From(Open(paths, columns, options ?? CsvOptions.Default));

    /// <summary>The record's properties are the columns of the same names, and give them their types.</summary>
    public static Frame<T> Read<T>(string path, IReadOnlyList<FixedColumn> columns, CsvOptions? options = null) => Read<T>([path], columns, options);

    /// <inheritdoc cref="Read{T}(string, IReadOnlyList{FixedColumn}, CsvOptions?)"/>
    public static Frame<T> Read<T>(IReadOnlyList<string> paths, IReadOnlyList<FixedColumn> columns, CsvOptions? options = null)
    {
        var schema = RecordSchema.Of<T>();
        var typed = columns.Select(c => schema.TryIndexOf(c.Name, out var at) ? new FixedColumn(schema[at].Name, c.Start, c.Length, c.Type ?? schema[at].Type, schema[at].Nullable) : c);
        var source = Open(paths, [.. typed], options ?? CsvOptions.Default);
        foreach (var name in schema.Names) source.Schema.IndexOf(name);
        return new Frame<T>(new Scan(source, [.. schema.Names]));
    }

    internal static CsvSource Open(string path, IReadOnlyList<FixedColumn> columns, CsvOptions options) => Open([path], columns, options);

    internal static CsvSource Open(IReadOnlyList<string> paths, IReadOnlyList<FixedColumn> columns, CsvOptions options) =>
        Open(InputFiles.Find(paths, options.Limits), columns, options, Describe(paths, columns, options));

    internal static CsvSource Open(IReadOnlyList<InputFile> files, IReadOnlyList<FixedColumn> columns, CsvOptions options, JsonObject? description = null)
    {
        var format = Dialect.FormatOf(options) with
        {
            Kind = "fixed-width",
            Quote = null,
            Trim = true,
            Places = [.. columns.Select(c => new FixedPlace(c.Start - 1, c.Length))],
        };
        var schema = new Schema(columns.Select(c => new Field(c.Name, c.Type ?? DataType.Text, c.Nullable)));
        return new CsvSource(files, format, schema, CsvSource.WithPartitions(schema, files)) { Description = description };
    }

    /// <summary>The source that <see cref="Describe"/> described.</summary>
    internal static CsvSource Open(JsonObject description)
    {
        var columns = description["places"]!.AsArray().Select(p => ColumnOf(p!.GetValue<string>())).ToList();
        return Open(CsvOptions.PathsOf(description), columns, CsvOptions.Read(description));
    }

    // As it is described: `name: start+length type?`.
    static FixedColumn ColumnOf(string text)
    {
        var (name, rest) = (text[..text.LastIndexOf(": ", StringComparison.Ordinal)], text[(text.LastIndexOf(": ", StringComparison.Ordinal) + 2)..]);
        var (plus, blank) = (rest.IndexOf('+', StringComparison.Ordinal), rest.IndexOf(' ', StringComparison.Ordinal));
        var type = DataType.Parse(rest[(blank + 1)..].TrimEnd('?'));
        return new(name, int.Parse(rest.AsSpan(0, plus), CultureInfo.InvariantCulture), int.Parse(rest.AsSpan(plus + 1, blank - plus - 1), CultureInfo.InvariantCulture), type, rest.EndsWith('?'));
    }

    static JsonObject Describe(IReadOnlyList<string> paths, IReadOnlyList<FixedColumn> columns, CsvOptions options)
    {
        var description = options.Describe(paths);
        description["kind"] = "fixed-width";
        description["places"] = new JsonArray([.. columns.Select(c => (JsonNode)string.Create(CultureInfo.InvariantCulture, $"{c.Name}: {c.Start}+{c.Length} {c.Type ?? DataType.Text}{(c.Nullable ? "?" : "")}"))]);
        return description;
    }
}
