namespace Millrace.Data.Engines.DuckDb;

/// <summary>How a database is opened. What is null is left to DuckDB.</summary>
sealed record DuckDbOptions
{
    public int? Threads
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Threads), value, "DuckDB needs at least one thread.");
    }

    /// <summary>In bytes. What doesn't fit goes to <see cref="TempFolder"/>.</summary>
    public long? MemoryLimit
    {
        get;
        init => field = value is null or >= 1 << 20 ? value : throw new ArgumentOutOfRangeException(nameof(MemoryLimit), value, "DuckDB needs at least 1 MB.");
    }

    public string? TempFolder { get; init; }
    public bool ReadOnly { get; init; }

    /// <summary>Further settings of DuckDB, by the names in its documentation.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    internal IEnumerable<(string Name, string Value)> All()
    {
        // Nothing is downloaded or run that the query didn't name; results don't depend on the machine's time zone.
        yield return ("autoinstall_known_extensions", "false");
        yield return ("autoload_known_extensions", "false");
        if (Threads is { } threads) yield return ("threads", $"{threads}");
        if (MemoryLimit is { } bytes) yield return ("memory_limit", $"{bytes}B");
        if (TempFolder is { } folder) yield return ("temp_directory", folder);
        if (ReadOnly) yield return ("access_mode", "READ_ONLY");
        foreach (var (name, value) in Settings) yield return (name, value);
    }
}
