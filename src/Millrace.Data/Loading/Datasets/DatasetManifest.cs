using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Data;

/// <summary>
/// What a dataset is at one version: <c>manifest.json</c> in its folder, and <c>versions/N.json</c> for the versions that are kept.
/// <code>
/// {"version": 7, "columns": [{"name", "type", "nullable"}], "key": [...], "partitionBy": [...], "format": "csv", "rows": N,
///  "files": [{"path": "data/4f.../part.parquet", "rows": N, "bytes": N, "sha256": "..."}],
///  "loads": {"run-7": "2026-01-31T00:00:00Z"}, "bookmarks": {"at": "..."}}
/// </code>
/// </summary>
sealed record DatasetManifest
{
    static readonly JsonSerializerOptions Form = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase, DictionaryKeyPolicy = null, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    public int Version { get; init; }
    public IReadOnlyList<ManifestColumn> Columns { get; init; } = [];

    /// <summary>Empty where no load had one.</summary>
    public IReadOnlyList<string> Key { get; init; } = [];

    public IReadOnlyList<string> PartitionBy { get; init; } = [];

    /// <summary>Not written where it is Parquet, which is all that the first manifests knew.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DatasetFormat Format { get; init; }

    public IReadOnlyList<ManifestFile> Files { get; init; } = [];
    public IReadOnlyDictionary<string, DateTimeOffset> Loads { get; init; } = new Dictionary<string, DateTimeOffset>();
    public IReadOnlyDictionary<string, string> Bookmarks { get; init; } = new Dictionary<string, string>();

    public long Rows => Files.Sum(f => f.Rows);

    [JsonIgnore]
    public Schema Schema => new(Columns.Select(c => new Field(c.Name, DataType.Parse(c.Type), c.Nullable)));

    internal byte[] Utf8() => JsonSerializer.SerializeToUtf8Bytes(this, Form);

    internal static DatasetManifest Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<DatasetManifest>(File.ReadAllBytes(path), Form) ?? throw new JsonException("it is empty");
        }
        catch (JsonException e)
        {
            throw new DatabaseException($"The dataset's manifest '{path}' can't be read: {e.Message}. Restore the dataset from a backup.", e);
        }
    }
}

sealed record ManifestColumn(string Name, string Type, bool Nullable);

/// <param name="Path">From the dataset's folder, with slashes.</param>
/// <param name="Types">Of a file of text: those of the first columns, as many as it has; what it holds says no types itself.</param>
sealed record ManifestFile(string Path, long Rows, long Bytes, string Sha256, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Types = null);
