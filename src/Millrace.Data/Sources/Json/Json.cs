using Millrace.Plans;

namespace Millrace.Data;

/// <summary>JSON documents whose rows are an array's items. For files with a row on each line see <see cref="JsonLines"/>.</summary>
public static class Json
{
    /// <param name="path">A file, a folder, a pattern (<c>data/**/*.json</c>) or members of an archive (<c>a.zip!*.json</c>), packed or not.</param>
    public static Frame Read(string path, JsonOptions? options = null) => Read([path], options);

    /// <inheritdoc cref="Read(string, JsonOptions?)"/>
    public static Frame Read(IReadOnlyList<string> paths, JsonOptions? options = null) => new(new Scan(new JsonSource(paths, lines: false, options ?? JsonOptions.Default)));

    /// <inheritdoc cref="Read(string, JsonOptions?)"/>
    public static Frame<T> Read<T>(string path, JsonOptions? options = null) => Read<T>([path], options);

    /// <inheritdoc cref="Read(string, JsonOptions?)"/>
    public static Frame<T> Read<T>(IReadOnlyList<string> paths, JsonOptions? options = null) => Read(paths, RecordFiles.Columns<T>(options)).As<T>();

    /// <summary>Looks at every value and says of each column, and of each part of a nested one, which type all of them have, and what stands against a narrower one.</summary>
    public static Task<IReadOnlyList<ColumnEvidence>> InspectAsync(string path, JsonOptions? options = null, CancellationToken cancel = default) =>
        new JsonSource([path], lines: false, options ?? JsonOptions.Default).InspectAsync(cancel);

    /// <summary>A file that holds an array of objects; <c>.gz</c> and <c>.br</c> at the end of its name pack it.</summary>
    public static ISink File(string path) => new JsonSink(path, lines: false);

    /// <summary>A folder of such files, replaced as a whole where <paramref name="write"/> says nothing else.</summary>
    /// <param name="partitionBy">Columns whose values name subfolders: <c>year=2026</c>.</param>
    /// <param name="maxFileRows">After so many rows a new file begins.</param>
    /// <param name="maxFileBytes">Once so many bytes have reached the disk a new file begins: a file is larger by a few batches, of Parquet by a row group.</param>
    /// <param name="write">What becomes of the files that are there.</param>
    public static ISink Folder(string path, IReadOnlyList<string>? partitionBy = null, long? maxFileRows = null, long? maxFileBytes = null, FolderWrite write = FolderWrite.Replace) =>
        new FolderSink(path, new JsonSink(null, lines: false), partitionBy, maxFileRows, maxFileBytes, write);
}

/// <summary>Files with a JSON value on each line, also known as NDJSON.</summary>
public static class JsonLines
{
    /// <inheritdoc cref="Json.Read(string, JsonOptions?)"/>
    public static Frame Read(string path, JsonOptions? options = null) => Read([path], options);

    /// <inheritdoc cref="Json.Read(string, JsonOptions?)"/>
    public static Frame Read(IReadOnlyList<string> paths, JsonOptions? options = null) => new(new Scan(new JsonSource(paths, lines: true, options ?? JsonOptions.Default)));

    /// <inheritdoc cref="Json.Read(string, JsonOptions?)"/>
    public static Frame<T> Read<T>(string path, JsonOptions? options = null) => Read<T>([path], options);

    /// <inheritdoc cref="Read(string, JsonOptions?)"/>
    public static Frame<T> Read<T>(IReadOnlyList<string> paths, JsonOptions? options = null) => Read(paths, RecordFiles.Columns<T>(options)).As<T>();

    /// <inheritdoc cref="Json.InspectAsync"/>
    public static Task<IReadOnlyList<ColumnEvidence>> InspectAsync(string path, JsonOptions? options = null, CancellationToken cancel = default) =>
        new JsonSource([path], lines: true, options ?? JsonOptions.Default).InspectAsync(cancel);

    /// <inheritdoc cref="Json.File"/>
    public static ISink File(string path) => new JsonSink(path, lines: true);

    /// <inheritdoc cref="Json.Folder"/>
    public static ISink Folder(string path, IReadOnlyList<string>? partitionBy = null, long? maxFileRows = null, long? maxFileBytes = null, FolderWrite write = FolderWrite.Replace) =>
        new FolderSink(path, new JsonSink(null, lines: true), partitionBy, maxFileRows, maxFileBytes, write);
}

static class RecordFiles
{
    /// <summary>The columns of a record, where the options name none.</summary>
    internal static JsonOptions Columns<T>(JsonOptions? options) =>
        options?.Columns is not null ? options : (options ?? JsonOptions.Default) with { Columns = RecordSchema.Of<T>() };
}
