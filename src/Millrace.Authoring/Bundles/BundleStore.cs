using System.Text.Json;
using Millrace.Execution;

namespace Millrace.Authoring.Bundles;

/// <summary>The folder of bundles. A bundle appears in it complete or not at all, whatever dies and however many write it at once.</summary>
sealed class BundleStore(string folder)
{
    const string DescriptionFile = "dags.json", TemporaryPrefix = ".new-";

    public string Folder => folder;

    public string PathOf(string hash) => Path.Combine(folder, hash);

    public bool Has(string hash) => File.Exists(Path.Combine(PathOf(hash), Bundle.ManifestFile));

    /// <summary>A folder to write a bundle's files to before <see cref="Publish"/>.</summary>
    public string CreateTemporary() => Directory.CreateDirectory(Path.Combine(folder, TemporaryPrefix + Guid.NewGuid().ToString("N"))).FullName;

    public void Publish(string temporary, string hash, Bundle manifest)
    {
        File.WriteAllBytes(Path.Combine(temporary, Bundle.ManifestFile), JsonSerializer.SerializeToUtf8Bytes(manifest, BundleJson.Default.Bundle));
        for (var again = false; ; again = true)
        {
            try
            {
                Directory.Move(temporary, PathOf(hash));
                return;
            }
            catch (IOException) when (Has(hash))
            {
                // Another process was first with the same content.
                Discard(temporary);
                return;
            }
            catch (IOException) when (!again && Directory.Exists(PathOf(hash)))
            {
                // Somebody deleted a part of it.
                Discard(PathOf(hash));
            }
        }
    }

    public static void Discard(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
        }
    }

    public Description? ReadDescription(string hash)
    {
        try
        {
            using var file = File.OpenRead(Path.Combine(PathOf(hash), DescriptionFile));
            return JsonSerializer.Deserialize(file, AuthoringJson.Default.Description);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            // Not described yet, or half a file from before a crash: it is described again.
            return null;
        }
    }

    public void WriteDescription(string hash, Description description) =>
        WriteWhole(Path.Combine(PathOf(hash), DescriptionFile), JsonSerializer.SerializeToUtf8Bytes(description, AuthoringJson.Default.Description));

    /// <summary>Readers see the old file or the new one, never a part.</summary>
    public static void WriteWhole(string path, byte[] content)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}";
        File.WriteAllBytes(temporary, content);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Deletes what no version uses: bundles not in <paramref name="used"/> and half-written ones, if they are older than <paramref name="before"/>.</summary>
    /// <returns>How many.</returns>
    public int Sweep(IReadOnlySet<string> used, DateTimeOffset before)
    {
        if (!Directory.Exists(folder)) return 0;
        var swept = 0;
        foreach (var bundle in new DirectoryInfo(folder).EnumerateDirectories())
        {
            if (used.Contains(bundle.Name) || bundle.LastWriteTimeUtc >= before.UtcDateTime) continue;
            Discard(bundle.FullName);
            swept++;
        }
        return swept;
    }
}
