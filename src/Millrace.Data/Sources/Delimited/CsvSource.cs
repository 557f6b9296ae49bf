using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// Rows of text files with delimiters or fixed places: one thread reads blocks, several parse them, and the batches
/// come in the order of the files.
/// </summary>
/// <param name="columns">The columns of the first file, in its order.</param>
/// <param name="wanted">Those that the source has, perhaps in another order, and the partition columns behind them.</param>
sealed partial class CsvSource(IReadOnlyList<InputFile> files, TextFormat format, Schema columns, Schema wanted) : ISource
{
    const int BlockBytes = 1 << 19, SmallestBlock = 1 << 16;

    public string Kind => format.Kind;
    public Schema Schema => wanted;

    readonly PartitionColumns partitions = PartitionColumns.Of(files);

    /// <summary>What was found about the types of columns that nobody gave; empty where all were given.</summary>
    internal IReadOnlyList<ColumnEvidence> Evidence { get; init; } = [];

    internal JsonObject? Description { get; init; }

    public JsonObject? Describe() => Description?.DeepClone().AsObject();

    public ValueTask<SourceSize?> MeasureAsync(CancellationToken cancel) => new(InputFile.SizeOf(files));

    public IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, CancellationToken cancel) =>
        WholeRows.ReadAsync(Schema, request with { Bad = format.Bad ?? request.Bad }, ReadColumnsAsync, cancel);

    async IAsyncEnumerable<Batch> ReadColumnsAsync(ReadRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        var read = format with { Bad = request.Bad };
        var asked = request.Columns is null ? Schema : Schema.Select(request.Columns);
        var inFile = new Schema(asked.Where(f => !partitions.Fields.Contains(f.Name)));
        var parsing = request.Stages?.Add($"parse {Kind}", request.Threads);
        var tail = new BlockTail(request, asked, partitions, Kind, Evidence);
        var blocks = ReadBlocks(inFile, request, cancel);
        var parsed = Pipeline.Ordered(blocks, request.Threads, b => BlockParser.Parse(b, read, inFile, request.Provenance, parsing), cancel).GetAsyncEnumerator(cancel);
        await using var end = parsed.ConfigureAwait(false);
        var left = request.Limit ?? long.MaxValue;
        while (left > 0)
        {
            try
            {
                if (!await parsed.MoveNextAsync().ConfigureAwait(false)) yield break;
            }
            catch (LongRecordException e)
            {
                throw tail.TooLong(e.File, format.MaxRecordBytes);
            }
            if (tail.Finish(parsed.Current) is not { } batch) continue;
            left -= batch.Count;
            yield return batch;
        }
    }

    async IAsyncEnumerable<TextBlock> ReadBlocks(Schema inFile, ReadRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        var stage = request.Stages?.Add($"read {Kind}");
        // Few rows asked for at once, as for a preview, are few bytes read.
        var bytes = Math.Clamp((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)request.BatchRows * 32), SmallestBlock, BlockBytes);
        foreach (var file in files)
        {
            var reader = new BlockReader(file, format, (names, from) => LayoutOf(names, from, inFile), bytes);
            await foreach (var block in reader.ReadAsync(stage, request.BytesRead, cancel).ConfigureAwait(false)) yield return block;
        }
    }

    FileLayout LayoutOf(IReadOnlyList<string>? names, InputFile file, Schema inFile)
    {
        if (names is null) return new FileLayout(columns.Count, [.. inFile.Select(f => columns.IndexOf(f.Name))]);
        var header = HeaderNames.Of(names, file.Name, format.RenameDuplicates);
        return new FileLayout(header.Count, [.. inFile.Select(f => header.TryIndexOf(f.Name, out var at)
            ? at
            : throw new BadDataException($"'{file.Name}' has no column '{f.Name}'. Its columns are {string.Join(", ", header.Names)}.", file.Name, column: f.Name))]);
    }
}

static class HeaderNames
{
    /// <summary>The names of a header, each once; a nameless column is called after its place.</summary>
    internal static Schema Of(IReadOnlyList<string> names, string file, bool renameDuplicates)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var unique = new List<string>(names.Count);
        for (var i = 0; i < names.Count; i++)
        {
            var name = names[i].Length > 0 ? names[i] : $"column{i + 1}";
            if (name.Contains('\0', StringComparison.Ordinal))
                throw new BadDataException($"The header of '{file}' has the character NUL in the name of column {i + 1}. The file is damaged, or in another encoding: name its Encoding.", file, line: 1);
            if (!places.TryAdd(name, i))
            {
                if (!renameDuplicates)
                    throw new BadDataException($"The header of '{file}' names column {places[name] + 1} and column {i + 1} '{name}'. RenameDuplicates takes such headers and tells the columns apart by number.", file, column: name);
                var original = name;
                for (var copy = 2; !places.TryAdd(name, i); copy++) name = $"{original}_{copy}";
            }
            unique.Add(name);
        }
        return new Schema(unique.Select(n => new Field(n, DataType.Text)));
    }
}
