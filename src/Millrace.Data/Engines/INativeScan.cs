namespace Millrace.Data;

/// <summary>A source that DuckDB can read itself, with the same rows, types and errors as the source's own reader.</summary>
interface INativeScan
{
    /// <summary>
    /// A SELECT that gives exactly these columns (all where null) in that order, each of the type that the source's schema
    /// says; null where DuckDB can't read this one as the source does. It is not asked for rows with their
    /// provenance, and it refuses none: a source that has to refuse some gives null.
    /// </summary>
    string? DuckDbSql(IReadOnlyList<string>? columns);

    /// <summary>Whether DuckDB is the better reader even for a plan that only passes rows on: it knows which parts of the file to skip.</summary>
    bool Prefers => false;
}
