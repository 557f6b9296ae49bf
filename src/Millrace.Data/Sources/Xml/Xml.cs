using Millrace.Plans;

namespace Millrace.Data;

/// <summary>XML documents in which each element of one name is a row. They are read as a stream; DTDs and entities are refused.</summary>
public static class Xml
{
    /// <param name="path">A file, a folder, a pattern (<c>data/**/*.xml</c>) or members of an archive.</param>
    /// <param name="rows"><c>//book</c>: such elements wherever they are; <c>/catalog/book</c>: those there; <c>/*/*</c>: all below the root. Prefixes don't count.</param>
    public static Frame Read(string path, string rows, XmlOptions? options = null) => Read([path], rows, options);

    /// <inheritdoc cref="Read(string, string, XmlOptions?)"/>
    public static Frame Read(IReadOnlyList<string> paths, string rows, XmlOptions? options = null) => new(new Scan(new XmlSource(paths, rows, options ?? XmlOptions.Default)));

    /// <inheritdoc cref="Read(string, string, XmlOptions?)"/>
    public static Frame<T> Read<T>(string path, string rows, XmlOptions? options = null) => Read<T>([path], rows, options);

    /// <inheritdoc cref="Read(string, string, XmlOptions?)"/>
    public static Frame<T> Read<T>(IReadOnlyList<string> paths, string rows, XmlOptions? options = null) =>
        Read(paths, rows, options?.Columns is not null ? options : (options ?? XmlOptions.Default) with { Columns = RecordSchema.Of<T>() }).As<T>();

    /// <inheritdoc cref="Json.InspectAsync"/>
    public static Task<IReadOnlyList<ColumnEvidence>> InspectAsync(string path, string rows, XmlOptions? options = null, CancellationToken cancel = default) =>
        new XmlSource([path], rows, options ?? XmlOptions.Default).InspectAsync(cancel);
}
