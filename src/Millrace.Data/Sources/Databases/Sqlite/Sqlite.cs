using System.Text.Json.Nodes;

namespace Millrace.Data;

/// <summary>SQLite: tables and queries to read, tables to load. Without a file of its own, a table is one of the connection named <c>sqlite</c>.</summary>
public static class Sqlite
{
    internal const string DefaultName = "sqlite";

    /// <param name="path">The database file; a load creates it.</param>
    public static SqliteFile Open(string path) => new(null, path);

    /// <summary>The file whose path is in the environment variable <c>MILLRACE_CONNECTION_NAME</c>.</summary>
    public static SqliteFile Named(string name) => new(name, null);

    /// <inheritdoc cref="SqliteFile.Table"/>
    public static SqliteTable Table(string name, IReadOnlyList<string>? key = null) => Named(DefaultName).Table(name, key);

    /// <inheritdoc cref="SqliteFile.Query"/>
    public static SqliteQuery Query(string sql) => Named(DefaultName).Query(sql);

    internal static ISource Open(JsonObject description)
    {
        var place = description["connection"]!.GetValue<string>();
        var file = Path.IsPathRooted(place) ? Open(place) : Named(place);
        return description["query"] is { } query
            ? file.Query(query.GetValue<string>())
            : file.Table(description["table"]!.GetValue<string>(), [.. description["key"]?.AsArray().Select(k => k!.GetValue<string>()) ?? []]);
    }
}

/// <summary>A SQLite database file. Nothing is opened before something is read or loaded.</summary>
public sealed class SqliteFile
{
    readonly string? path;

    internal SqliteFile(string? name, string? path) => (Name, this.path) = (name, path);

    /// <summary>The name it is known by in the environment, where it has one.</summary>
    public string? Name { get; }

    public string Path => path ?? NamedConnection.Find(Name!);

    /// <param name="key">The columns by which a load knows its rows again.</param>
    public SqliteTable Table(string name, IReadOnlyList<string>? key = null) => new(this, TableName.Parse(name), key ?? []);

    /// <summary>The rows of a query, which runs anew at each read.</summary>
    public SqliteQuery Query(string sql) => new(this, sql.Trim().TrimEnd(';'));

    internal string Described => Name ?? System.IO.Path.GetFullPath(Path);
}
