using Millrace.Hosting.Settings;
using Millrace.Metadata;
using Millrace.Storage.Sqlite;

namespace Millrace.Hosting;

/// <summary>Opens the store that the settings name.</summary>
static class Stores
{
    /// <summary>As it is: neither made nor migrated.</summary>
    internal static IMetadataStore Open(MillraceSettings settings)
    {
        if (settings.UsesPostgres)
            throw new SettingException("PostgreSQL");
        return new SqliteStore(settings.DatabaseFile);
    }

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
