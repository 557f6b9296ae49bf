using System.Text.Json;

namespace Millrace.Authoring.Bundles;

/// <summary>
/// bundles/index.json: which bundle each source of the DAG folder was last good as, and the size and time of its files then.
/// Sources whose files look the same are not even opened on a restart.
/// </summary>
/// <param name="bundles">The folder of bundles.</param>
/// <param name="optimize">Bundles for debuggers are listed apart: trying a Dag out must not make the next start read everything again.</param>
sealed class BundleIndex(string bundles, bool optimize)
{
    readonly string path = Path.Combine(bundles, optimize ? "index.json" : "index.debug.json");

    /// <param name="Files">Relative names, sizes and times, in one line each.</param>
    public sealed record Entry(string Bundle, IReadOnlyList<FileStamp> Files);

    public sealed record Content(string Folder, string Toolchain, IReadOnlyDictionary<string, Entry> Sources);

    /// <returns>Nothing when there is no index, or one of another folder.</returns>
    public Content Read(string folder, string toolchain)
    {
        var nothing = new Content(folder, toolchain, new Dictionary<string, Entry>());
        try
        {
            using var file = File.OpenRead(path);
            var content = JsonSerializer.Deserialize(file, AuthoringJson.Default.Content);
            return content?.Folder == folder ? content : nothing;
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return nothing;
        }
    }

    public void Write(Content content)
    {
        Directory.CreateDirectory(bundles);
        BundleStore.WriteWhole(path, JsonSerializer.SerializeToUtf8Bytes(content, AuthoringJson.Default.Content));
    }
}

/// <param name="Name">Relative to the DAG folder, with slashes.</param>
/// <param name="Ticks">When it was last written, UTC.</param>
sealed record FileStamp(string Name, long Size, long Ticks);
