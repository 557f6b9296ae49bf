namespace Millrace.Data;

/// <summary>Tables of a database that a text names, so that a param or a setting can choose it.</summary>
public static class Database
{
    /// <param name="place">
    /// The connection string of a PostgreSQL database (<c>postgresql://etl@db/mart</c>, <c>Host=db;Database=mart</c>); or the path of a file, DuckDB's
    /// where it ends in <c>.duckdb</c>, else SQLite's; or the name of a connection, whose variable <c>MILLRACE_CONNECTION_NAME</c> is one of those.
    /// Passwords belong in such a variable: a frame that one task hands to another never carries them.
    /// </param>
    /// <inheritdoc cref="SqliteFile.Table" path="/param"/>
    public static TableTarget Table(string place, string name, IReadOnlyList<string>? key = null)
    {
        var named = NamedConnection.TryFind(place);
        var text = named ?? place;
        if (IsPostgres(text)) return (named is null ? Postgres.Connect(text) : Postgres.Named(place)).Table(name, key);
        if (text.EndsWith(".duckdb", StringComparison.OrdinalIgnoreCase)) return DuckDb.Open(text).Table(name, key);
        return (named is null ? Sqlite.Open(text) : Sqlite.Named(place)).Table(name, key);
    }

    static bool IsPostgres(string text) =>
        text.StartsWith("postgres://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal)
        || text.Split(';').Any(part => part.Split('=') is [var setting, _] && setting.Trim().Equals("Host", StringComparison.OrdinalIgnoreCase));
}
