using Npgsql;

namespace Millrace.Hosting.Settings;

/// <summary>The ways to say which PostgreSQL database: Npgsql's and the URLs that other tools use.</summary>
static class ConnectionStrings
{
    internal static string Check(string value)
    {
        if (value.Length == 0) return value;
        try
        {
            ToNpgsql(value);
            return value;
        }
        catch (Exception wrong) when (wrong is ArgumentException or FormatException)
        {
            throw new SettingException($"store is '{Mask(value)}', which can't be read ({wrong.Message.TrimEnd('.')}). "
                + "Give a PostgreSQL connection string such as 'Host=db;Username=millrace;Database=millrace' or "
                + "'postgres://millrace@db/millrace', or leave it empty for SQLite in the home folder.");
        }
    }

    internal static string ToNpgsql(string value)
    {
        if (!IsUrl(value))
            return new NpgsqlConnectionStringBuilder(value) is { Host.Length: > 0 } given ? given.ConnectionString
                : throw new FormatException("it names no host");
        var url = new Uri(value);
        var user = url.UserInfo.Split(':', 2);
        var builder = new NpgsqlConnectionStringBuilder { Host = url.Host };
        if (url.Port > 0) builder.Port = url.Port;
        if (user[0].Length > 0) builder.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1) builder.Password = Uri.UnescapeDataString(user[1]);
        if (url.AbsolutePath.Length > 1) builder.Database = Uri.UnescapeDataString(url.AbsolutePath[1..]);
        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            var key = parts[0] == "sslmode" ? "SSL Mode" : Uri.UnescapeDataString(parts[0]);
            builder[key] = parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "";
        }
        return builder.ConnectionString;
    }

    /// <summary>The same without its password.</summary>
    internal static string Mask(string value)
    {
        if (IsUrl(value))
        {
            var at = value.LastIndexOf('@');
            var colon = value.IndexOf(':', value.IndexOf("//", StringComparison.Ordinal));
            return colon > 0 && at > colon ? $"{value[..(colon + 1)]}***{value[at..]}" : value;
        }
        var parts = value.Split(';');
        for (var i = 0; i < parts.Length; i++)
        {
            var equals = parts[i].IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && parts[i][..equals].Trim().ToUpperInvariant() is "PASSWORD" or "PWD" or "SSL PASSWORD" or "PASSFILE")
                parts[i] = $"{parts[i][..equals]}=***";
        }
        return string.Join(';', parts);
    }

    static bool IsUrl(string value) =>
        value.StartsWith("postgres://", StringComparison.Ordinal) || value.StartsWith("postgresql://", StringComparison.Ordinal);
}
