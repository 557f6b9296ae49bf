using Millrace.Hosting.Settings;
using Millrace.Metadata;
using Millrace.Storage.Postgres;
using Millrace.Storage.Sqlite;

namespace Millrace.Hosting;

/// <summary>Opens the store that the settings name.</summary>
static class Stores
{
    /// <summary>As it is: neither made nor migrated.</summary>
    internal static IMetadataStore Open(MillraceSettings settings) => Open(settings.Store, settings.DatabaseFile);

    /// <param name="postgres">A connection string, or empty for the SQLite file.</param>
    internal static IMetadataStore Open(string postgres, string file) => postgres.Length > 0
        ? new PostgresStore(ConnectionStrings.ToNpgsql(postgres))
        : new SqliteStore(file);

    /// <summary>With its tables up to date.</summary>
    internal static async Task<IMetadataStore> OpenReadyAsync(MillraceSettings settings, CancellationToken cancellation)
    {
        var store = Open(settings);
        try
        {
            await store.MigrateAsync(cancellation).ConfigureAwait(false);
            return store;
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Whether somebody has used this home folder: a misspelt one should not quietly become an empty Millrace.</summary>
    internal static bool Exists(MillraceSettings settings) => settings.UsesPostgres || File.Exists(settings.DatabaseFile);
}
