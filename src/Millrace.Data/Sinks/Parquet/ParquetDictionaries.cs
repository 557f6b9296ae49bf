namespace Millrace.Data;

/// <summary>
/// How large the dictionaries of a part may become. DuckDB puts each value of a column into one until it has a fifth as many
/// as there are rows, and then throws it away: for columns of many values that is most of the work of packing them. A short
/// limit finds them out early, and is kept to as long as no column loses a dictionary by it that it has without:
/// <code>
/// part    1       2  3  4  5  6  ...  17      18 ...
/// limit   DuckDB's   short            DuckDB's   short       a column with a dictionary in 1 has none in 5:
///                                                            from when that is known to the end DuckDB's
/// </code>
/// </summary>
/// <param name="groupRows">How many rows a part has.</param>
/// <param name="lag">How many parts are being packed at once: what a part is like is known to the one that begins so much later.</param>
sealed class ParquetDictionaries(int groupRows, int lag)
{
    const int ProbeEvery = 16, RowsPerValue = 30;

    readonly HashSet<int> known = [];
    int lostAt = int.MaxValue;

    // That a part may have been joined early is left out of account: files of the same rows are the same.
    internal int? MostValues(int part) => IsProbe(part) || part <= lag || lostAt <= part - lag ? null : groupRows / RowsPerValue;

    static bool IsProbe(int part) => part % ProbeEvery == 1;

    /// <summary>Takes note of the columns that have a dictionary in a part. Parts come in their order.</summary>
    internal void See(int part, IReadOnlySet<int> columns)
    {
        if (lostAt < part) return;
        if (MostValues(part) is not null)
        {
            if (!known.IsSubsetOf(columns)) lostAt = part;
            return;
        }
        known.Clear();
        known.UnionWith(columns);
    }
}
