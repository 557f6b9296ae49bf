using System.Text.Json.Nodes;

namespace Millrace.Data;

sealed partial class CsvSource
{
    /// <summary>Looks at the first file for all that the options leave open: delimiter, header, names and types.</summary>
    internal static async Task<CsvSource> OpenAsync(IReadOnlyList<InputFile> files, CsvOptions options, CancellationToken cancel, JsonObject? description = null)
    {
        var (format, names) = await Dialect.FindAsync(files[0], options, cancel).ConfigureAwait(false);
        var types = new Dictionary<string, DataType>(options.Types);
        var texts = new Schema(names.Select(n => new Field(n, DataType.Text)));
        foreach (var name in types.Keys) texts.IndexOf(name);
        var columns = options.Columns is { } given
            ? Ordered(texts, WithoutPartitions(given, files), format.HasHeader, files[0])
            : new Schema(names.Select(n => new Field(n, TypeOf(types, n) ?? DataType.Text)));
        IReadOnlyList<ColumnEvidence> evidence = [];
        if (options.Columns is null && options.Infer && names.Any(n => TypeOf(types, n) is null))
        {
            evidence = await LookAsync(files, format, texts, options.SampleBytes, cancel).ConfigureAwait(false);
            columns = new Schema(columns.Zip(evidence, (c, e) => TypeOf(types, c.Name) is null ? c with { Type = e.Type } : c));
        }
        var wanted = options.Columns ?? columns;
        return new CsvSource(files, format, columns, WithPartitions(wanted, files)) { Evidence = [.. evidence.Where(e => TypeOf(types, e.Name) is null)], Description = description };
    }

    /// <summary>The evidence of all values of all files.</summary>
    internal static async Task<IReadOnlyList<ColumnEvidence>> InspectAsync(IReadOnlyList<InputFile> files, CsvOptions options, CancellationToken cancel)
    {
        var (format, names) = await Dialect.FindAsync(files[0], options, cancel).ConfigureAwait(false);
        return await LookAsync(files, format, new Schema(names.Select(n => new Field(n, DataType.Text))), long.MaxValue, cancel).ConfigureAwait(false);
    }

    static async Task<IReadOnlyList<ColumnEvidence>> LookAsync(IReadOnlyList<InputFile> files, TextFormat format, Schema texts, long sample, CancellationToken cancel)
    {
        var source = new CsvSource(files, format with { Bad = Bad.Reject }, texts, texts);
        var found = texts.Select(f => new FieldEvidence(f.Name, format.Values)).ToArray();
        var request = new ReadRequest { Provenance = true, Rejects = new RejectLog() };
        var (looked, whole) = (0L, true);
        await foreach (var batch in source.ReadAsync(request, cancel).ConfigureAwait(false))
        {
            using (batch)
            {
                whole = looked < sample;
                if (!whole) break;
                var lines = ((Column<long>)batch[Provenance.Line]).Values;
                for (var i = 0; i < found.Length; i++) found[i].Add((BytesColumn)batch[i], lines);
                looked += ((BytesColumn)batch[0]).Bytes.Length;
            }
        }
        return [.. found.Select(f => f.Result(whole))];
    }

    // By name where there is a header, else by position.
    static Schema Ordered(Schema inFile, Schema given, bool hasHeader, InputFile file)
    {
        if (!hasHeader) return given;
        var missing = given.Names.FirstOrDefault(n => !inFile.Contains(n));
        return missing is null
            ? inFile
            : throw new BadDataException($"'{file.Name}' has no column '{missing}'. Its columns are {string.Join(", ", inFile.Names)}.", file.Name, column: missing);
    }

    /// <summary>What the folders say comes behind what the files say, unless its place was given.</summary>
    internal static Schema WithPartitions(Schema columns, IReadOnlyList<InputFile> files)
    {
        var said = PartitionColumns.Of(files).Fields;
        return new Schema(columns.Select(f => said.TryIndexOf(f.Name, out var at) ? said[at] : f).Concat(said.Where(f => !columns.Contains(f.Name))));
    }

    static Schema WithoutPartitions(Schema columns, IReadOnlyList<InputFile> files)
    {
        var said = PartitionColumns.Of(files).Fields;
        return new Schema(columns.Where(f => !said.Contains(f.Name)));
    }

    static DataType? TypeOf(Dictionary<string, DataType> types, string name) => types.GetValueOrDefault(name);
}
