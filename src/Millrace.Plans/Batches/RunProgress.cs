namespace Millrace.Data;

/// <summary>How far a run is, at one moment.</summary>
public sealed record RunProgress
{
    /// <summary>Since the run began to read.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Rows that the sources gave. Those of files that DuckDB reads itself aren't counted one by one.</summary>
    public long RowsRead { get; init; }

    /// <summary>Rows of the result: what was handed out, written or loaded.</summary>
    public long Rows { get; init; }
    public long Rejected { get; init; }

    /// <summary>As they lie in the sources: of a compressed file the compressed bytes.</summary>
    public long BytesRead { get; init; }

    /// <summary>Null where no source knows its bytes.</summary>
    public long? BytesTotal { get; init; }

    /// <summary>
    /// How much of the sources is read, from 0 to 1; null where one of them doesn't know its size. What has to follow (a
    /// sort's output, a load's publishing) isn't in it, so 1 isn't the end.
    /// </summary>
    public double? Share { get; init; }

    /// <summary>How long reading the rest takes at the pace so far.</summary>
    public TimeSpan? Left => Share is > 0 and var share ? Elapsed * ((1 - share) / share) : null;

    /// <summary>The stage that the others wait for.</summary>
    public Stage? Limiting { get; init; }
}
