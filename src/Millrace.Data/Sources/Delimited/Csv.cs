using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// Text with delimiters. A path is a file, a pattern, a folder or an archive's members: see docs/formats.md. Opening
/// looks at the first file's start for what the options leave open; rows are read when the frame runs.
/// </summary>
public static class Csv
{
    /// <summary>Columns by the file's header, types by a look at its values.</summary>
    public static Frame Read(string path, CsvOptions? options = null) => Read([path], options);

    /// <inheritdoc cref="Read(string, CsvOptions?)"/>
    public static Frame Read(IReadOnlyList<string> paths, CsvOptions? options = null) => Frame.From(Open(paths, options ?? CsvOptions.Default));

    /// <summary>The columns are the record's: found by name where the file has a header, by position where it has none.</summary>
    public static Frame<T> Read<T>(string path, CsvOptions? options = null) => Read<T>([path], options);

    /// <inheritdoc cref="Read{T}(string, CsvOptions?)"/>
    public static Frame<T> Read<T>(IReadOnlyList<string> paths, CsvOptions? options = null)
    {
        options ??= CsvOptions.Default;
        return new(new Scan(Open(paths, options.Columns is null ? options with { Columns = RecordSchema.Of<T>() } : options)));
    }

    /// <summary>Looks at every value and says of each column which type all of them have, and what stands against a narrower one.</summary>
    public static Task<IReadOnlyList<ColumnEvidence>> InspectAsync(string path, CsvOptions? options = null, CancellationToken cancel = default) =>
        CsvSource.InspectAsync(InputFiles.Find(path, options?.Limits), options ?? CsvOptions.Default, cancel);

    internal static CsvSource Open(string path, CsvOptions options) => Open([path], options);

    // The first bytes of a file are there at once, so a wait for them is no use of a thread to speak of.
    internal static CsvSource Open(IReadOnlyList<string> paths, CsvOptions options) =>
        Task.Run(() => CsvSource.OpenAsync(InputFiles.Find(paths, options.Limits), options, CancellationToken.None, options.Describe(paths))).GetAwaiter().GetResult();

    /// <summary>Where rows are written as a file that is there whole or not at all, packed where its name ends in .gz or .br.</summary>
    public static ISink File(string path, CsvWriteOptions? options = null) => new CsvSink(path, options ?? CsvWriteOptions.Default);

    /// <inheritdoc cref="Json.Folder"/>
    public static ISink Folder(string path, IReadOnlyList<string>? partitionBy = null, long? maxFileRows = null, CsvWriteOptions? options = null, long? maxFileBytes = null, FolderWrite write = FolderWrite.Replace) =>
        new FolderSink(path, new CsvSink(null, options ?? CsvWriteOptions.Default), partitionBy, maxFileRows, maxFileBytes, write);
}

/// <summary>Tab-separated text: as <see cref="Csv"/> with <see cref="CsvOptions.Tab"/>.</summary>
public static class Tsv
{
    /// <inheritdoc cref="Csv.Read(string, CsvOptions?)"/>
    public static Frame Read(string path, CsvOptions? options = null) => Csv.Read(path, options ?? CsvOptions.Tab);

    /// <inheritdoc cref="Csv.Read(string, CsvOptions?)"/>
    public static Frame Read(IReadOnlyList<string> paths, CsvOptions? options = null) => Csv.Read(paths, options ?? CsvOptions.Tab);

    /// <inheritdoc cref="Csv.Read{T}(string, CsvOptions?)"/>
    public static Frame<T> Read<T>(string path, CsvOptions? options = null) => Csv.Read<T>(path, options ?? CsvOptions.Tab);

    /// <inheritdoc cref="Csv.Read{T}(string, CsvOptions?)"/>
    public static Frame<T> Read<T>(IReadOnlyList<string> paths, CsvOptions? options = null) => Csv.Read<T>(paths, options ?? CsvOptions.Tab);

    /// <inheritdoc cref="Csv.InspectAsync"/>
    public static Task<IReadOnlyList<ColumnEvidence>> InspectAsync(string path, CsvOptions? options = null, CancellationToken cancel = default) =>
        Csv.InspectAsync(path, options ?? CsvOptions.Tab, cancel);

    /// <inheritdoc cref="Csv.File(string, CsvWriteOptions?)"/>
    public static ISink File(string path, CsvWriteOptions? options = null) => Csv.File(path, options ?? CsvWriteOptions.Tab);
}
