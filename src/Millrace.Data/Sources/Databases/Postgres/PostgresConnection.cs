using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Npgsql;

namespace Millrace.Data;

/// <summary>A PostgreSQL database. Nothing is opened before something is read or loaded.</summary>
public sealed class PostgresConnection
{
    static readonly ConcurrentDictionary<string, NpgsqlDataSource> pools = [];
    readonly Lazy<NpgsqlConnectionStringBuilder> settings;

    internal PostgresConnection(string? name, string? connectionString)
    {
        Name = name;
        settings = new(() => Read(connectionString ?? NamedConnection.Find(name!)));
    }

    /// <summary>The name it is known by in the environment, where it has one.</summary>
    public string? Name { get; }

    /// <summary>Server, database and user: connections that are equal here see the same tables.</summary>
    internal string Identity => $"{settings.Value.Host}:{settings.Value.Port}/{settings.Value.Database ?? settings.Value.Username}/{settings.Value.Username}";

    /// <summary>One pool a database and user for all the process: kept as long as it.</summary>
    internal NpgsqlDataSource Connections => pools.GetOrAdd(settings.Value.ConnectionString, static text => NpgsqlDataSource.Create(text));

    /// <param name="name"><c>stats</c> or <c>mart.stats</c>.</param>
    /// <param name="key">The columns by which a load knows its rows again.</param>
    public PostgresTable Table(string name, IReadOnlyList<string>? key = null) => new(this, TableName.Parse(name), key ?? []);

    /// <summary>The rows of a query, which the server runs anew at each read.</summary>
    public PostgresQuery Query(string sql) => new(this, sql);

    /// <summary>All that opens it again in another process, the password apart.</summary>
    internal JsonNode Describe()
    {
        if (Name is not null) return JsonValue.Create(Name);
        var open = new NpgsqlConnectionStringBuilder(settings.Value.ConnectionString) { Password = null };
        open.Remove("Timezone");
        open.Remove("Application Name");
        open.Remove("Include Error Detail");
        return JsonValue.Create(open.ConnectionString);
    }

    internal static PostgresConnection Described(string text) => text.Contains('=', StringComparison.Ordinal) ? new(null, text) : new(text, null);

    internal NpgsqlConnection Open()
    {
        var connection = new NpgsqlConnection(settings.Value.ConnectionString);
        try
        {
            connection.Open();
            return connection;
        }
        catch (Exception e) when (e is NpgsqlException or System.Net.Sockets.SocketException or TimeoutException)
        {
            connection.Dispose();
            throw Unreachable(e);
        }
    }

    internal async Task<NpgsqlConnection> OpenAsync(CancellationToken cancel)
    {
        var connection = new NpgsqlConnection(settings.Value.ConnectionString);
        try
        {
            await connection.OpenAsync(cancel).ConfigureAwait(false);
            return connection;
        }
        catch (Exception e) when (e is NpgsqlException or System.Net.Sockets.SocketException or TimeoutException)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw Unreachable(e);
        }
    }

    DatabaseException Unreachable(Exception e) =>
        new($"PostgreSQL at {Identity} can't be reached: {e.Message} Check the connection{(Name is null ? " string" : $" string in {NamedConnection.VariableOf(Name)}")} and that the server is up.", e);

    static NpgsqlConnectionStringBuilder Read(string text)
    {
        var builder = Parsed(text);
        // Instants are shown and cut in UTC, whatever the server's zone.
        builder.Timezone = "UTC";
        builder.ApplicationName ??= "millrace";
        // Bulk work takes as long as it takes: it is cancelled by its token.
        builder.CommandTimeout = 0;
        // Which key was there already is what somebody who reads the error needs.
        builder.IncludeErrorDetail = true;
        return builder;
    }

    static NpgsqlConnectionStringBuilder Parsed(string text)
    {
        try
        {
            return text.StartsWith("postgres://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal)
                ? OfUri(new Uri(text))
                : new NpgsqlConnectionStringBuilder(text);
        }
        catch (Exception e) when (e is ArgumentException or UriFormatException or FormatException)
        {
            // The text itself stays out of the message: it may hold a password.
            throw new DatabaseException($"The connection string can't be read: {e.Message.TrimEnd('.')}. Write Host=db;Database=mart;Username=etl, or postgresql://etl@db/mart.", e);
        }
    }

    static NpgsqlConnectionStringBuilder OfUri(Uri uri)
    {
        var user = uri.UserInfo.Split(':', 2);
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host,
            Port = uri.Port > 0 ? uri.Port : 5432,
            Database = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/')),
        };
        if (user[0].Length > 0) builder.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1) builder.Password = Uri.UnescapeDataString(user[1]);
        foreach (var option in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var pair = option.Split('=', 2);
            builder[pair[0] == "sslmode" ? "SSL Mode" : Uri.UnescapeDataString(pair[0])] = pair.Length > 1 ? Uri.UnescapeDataString(pair[1]) : "true";
        }
        return builder;
    }
}
