namespace Millrace.Data;

/// <summary>Tables of a database that a text names, so that a param or a setting can choose it.</summary>
public static class Database
{
    /// <param name="place">
    /// The connection string of a PostgreSQL database (<c>postgresql://etl@db/mart</c>, <c>Host=db;Database=mart</c>) or the path of a file: DuckDB's
    /// where it ends in <c>.duckdb</c>, else SQLite's.
    /// </param>
    /// <inheritdoc cref="SqliteFile.Table" path="/param"/>
    public static TableTarget Table(string place, string name, IReadOnlyList<string>? key = null) =>
        IsPostgres(place) ? Postgres.Connect(place).Table(name, key)
        : place.EndsWith(".duckdb", StringComparison.OrdinalIgnoreCase) ? DuckDb.Open(place).Table(name, key)
        : Sqlite.Open(place).Table(name, key);

    static bool IsPostgres(string place) =>
        place.StartsWith("postgres://", StringComparison.Ordinal) || place.StartsWith("postgresql://", StringComparison.Ordinal)
        || place.Split(';').Any(part => part.Split('=') is [var setting, _] && setting.Trim().Equals("Host", StringComparison.OrdinalIgnoreCase));
}
