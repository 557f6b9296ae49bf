using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Parquet files. Enums are written as texts and durations as microseconds: Parquet's own intervals would cut them.</summary>
public static class Parquet
{
    /// <param name="path">A file, a folder, a pattern (<c>data/**/*.parquet</c>) or members of an archive.</param>
    public static Frame Read(string path) => Read([path]);

    /// <inheritdoc cref="Read(string)"/>
    public static Frame Read(params IReadOnlyList<string> paths) => new(new Scan(new ParquetSource(paths, InputLimits.Default)));

    /// <inheritdoc cref="Read(string)"/>
    public static Frame<T> Read<T>(string path) => Read(path).As<T>();

    /// <inheritdoc cref="Read(string)"/>
    public static Frame<T> Read<T>(params IReadOnlyList<string> paths) => Read(paths).As<T>();

    public static ISink File(string path, ParquetOptions? options = null) => new ParquetSink(path, options ?? ParquetOptions.Default);

    /// <inheritdoc cref="Json.Folder"/>
    public static ISink Folder(string path, IReadOnlyList<string>? partitionBy = null, long? maxFileRows = null, ParquetOptions? options = null, long? maxFileBytes = null, FolderWrite write = FolderWrite.Replace) =>
        new FolderSink(path, new ParquetSink(null, options ?? ParquetOptions.Default), partitionBy, maxFileRows, maxFileBytes, write);
}
