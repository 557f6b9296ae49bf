namespace Millrace.Data;

public enum ParquetCompression { Zstd, Snappy, Gzip, None }

/// <summary>How Parquet files are written.</summary>
public sealed record ParquetOptions
{
    public static ParquetOptions Default { get; } = new();

    public ParquetCompression Compression { get; init; }

    /// <summary>Rows that are packed together: readers skip or read a group as a whole, and writers hold one in memory for each thread.</summary>
    public int RowGroupRows
    {
        get;
        init => field = value >= 2_048 ? value : throw new ArgumentOutOfRangeException(nameof(RowGroupRows), value, "A group has at least 2,048 rows.");
    } = 122_880;
}
