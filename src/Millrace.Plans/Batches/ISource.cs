using System.Text.Json.Nodes;

namespace Millrace.Data;

/// <summary>
/// Where rows come from. A source knows its schema before it is read and may be read several times. To write one of
/// your own, derive from <c>Millrace.Data.Source&lt;T&gt;</c>.
/// </summary>
public interface ISource
{
    /// <summary>What sort of source it is, in a plan's text: <c>csv</c>, <c>postgres</c>, <c>memory</c>.</summary>
    string Kind { get; }

    /// <summary>The columns that a read with no wishes gives.</summary>
    Schema Schema { get; }

    /// <summary>
    /// All that opens the source again in another process; null for one that lives in this process only. Never a password.
    /// Two sources that describe themselves alike are the same source.
    /// </summary>
    JsonObject? Describe();

    /// <summary>How much there is to read, for progress; null where that can't be said at once. Not asked unless somebody watches the run.</summary>
    ValueTask<SourceSize?> MeasureAsync(CancellationToken cancel) => new((SourceSize?)null);

    /// <summary>Columns whose values reading may cut, and what of them it cuts.</summary>
    internal IReadOnlyList<(string Column, string What)> Cuts => [];

    /// <summary>Batches in the order of the source. The reader owns and disposes them.</summary>
    IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, CancellationToken cancel);
}

/// <summary>What a reader asks of a source.</summary>
public sealed record ReadRequest
{
    /// <summary>The columns wanted, in this order; null for all. A source gives exactly these.</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>Whether each batch ends in the two columns that say where a row came from: see <see cref="Data.Provenance"/>.</summary>
    public bool Provenance { get; init; }

    /// <summary>What the run says of bad values; what the source was told itself goes before it.</summary>
    public Bad Bad { get; init; }

    /// <summary>Where rows go that can't be read; where it is null, such a row fails the read.</summary>
    public RejectLog? Rejects { get; init; }

    /// <summary>How many rows a batch should have, roughly.</summary>
    public int BatchRows { get; init; } = 16_384;

    /// <summary>No more rows than these are wanted; a source may stop there and need not.</summary>
    public long? Limit { get; init; }

    /// <summary>How many threads the source may keep busy, where it can use more than one.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Where the source counts what its own stages do (reading, parsing); null where nobody asks.</summary>
    public StageLog? Stages { get; init; }

    /// <summary>Told how many bytes were read since it was last told, as they are stored; any thread may tell.</summary>
    public Action<long>? BytesRead { get; init; }

    /// <summary>The schema of the batches that this request brings.</summary>
    public Schema SchemaOf(Schema source)
    {
        var schema = Columns is null ? source : source.Select(Columns);
        return Provenance ? new Schema(schema.Concat(Data.Provenance.Fields)) : schema;
    }
}

/// <summary>
/// The two columns that say where a row came from. They travel through row-wise steps like any other column and end
/// where rows lose their identity: in an aggregate.
/// </summary>
public static class Provenance
{
    /// <summary>The file, table or name of the source.</summary>
    public const string Source = "$source";

    /// <summary>The line in the file, counted from 1, or the row's number where there are no lines.</summary>
    public const string Line = "$line";

    public static IReadOnlyList<Field> Fields { get; } =
        [new(Source, DataType.Text, Nullable: false), new(Line, DataType.Int64, Nullable: false)];

    public static bool Is(string column) => column is Source or Line;
}
