using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Avro object container files, packed with nothing, deflate or snappy. The file says what its columns are.</summary>
public static class Avro
{
    /// <param name="path">A file, a folder, a pattern (<c>data/**/*.avro</c>) or members of an archive.</param>
    public static Frame Read(string path) => Read([path]);

    /// <inheritdoc cref="Read(string)"/>
    public static Frame Read(params IReadOnlyList<string> paths) => new(new Scan(new AvroSource(paths, InputLimits.Default)));

    /// <inheritdoc cref="Read(string)"/>
    public static Frame<T> Read<T>(string path) => Read(path).As<T>();

    /// <inheritdoc cref="Read(string)"/>
    public static Frame<T> Read<T>(params IReadOnlyList<string> paths) => Read(paths).As<T>();
}
