using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Sheets of .xlsx files.</summary>
public static class Excel
{
    /// <param name="path">A file, a folder, a pattern (<c>data/*.xlsx</c>) or members of an archive.</param>
    /// <param name="sheet">Null is the first.</param>
    public static Frame Read(string path, string? sheet = null, ExcelOptions? options = null) => Read([path], sheet, options);

    /// <inheritdoc cref="Read(string, string?, ExcelOptions?)"/>
    public static Frame Read(IReadOnlyList<string> paths, string? sheet = null, ExcelOptions? options = null) => new(new Scan(new ExcelSource(paths, sheet, options ?? ExcelOptions.Default)));

    /// <inheritdoc cref="Read(string, string?, ExcelOptions?)"/>
    public static Frame<T> Read<T>(string path, string? sheet = null, ExcelOptions? options = null) => Read<T>([path], sheet, options);

    /// <inheritdoc cref="Read(string, string?, ExcelOptions?)"/>
    public static Frame<T> Read<T>(IReadOnlyList<string> paths, string? sheet = null, ExcelOptions? options = null) =>
        Read(paths, sheet, options?.Columns is not null ? options : (options ?? ExcelOptions.Default) with { Columns = RecordSchema.Of<T>() }).As<T>();

    /// <summary>Looks at every cell and says of each column which type all of them have, and what stands against a narrower one.</summary>
    public static Task<IReadOnlyList<ColumnEvidence>> InspectAsync(string path, string? sheet = null, ExcelOptions? options = null, CancellationToken cancel = default) =>
        new ExcelSource([path], sheet, options ?? ExcelOptions.Default).InspectAsync(cancel);

    /// <summary>The names of a file's sheets, in their order.</summary>
    public static IReadOnlyList<string> Sheets(string path)
    {
        using var book = ExcelBook.Open(InputFiles.Find(path)[0], InputLimits.Default);
        return [.. book.Sheets];
    }

    /// <summary>
    /// A file with one sheet. What Excel's numbers can't hold is written as text: integers beyond 15 digits, times finer
    /// than a millisecond, dates before March 1900. A text is a text whatever it starts with: no cell is a formula.
    /// </summary>
    public static ISink File(string path, string sheet = "Sheet1") => new ExcelSink(path, sheet);

    /// <inheritdoc cref="Json.Folder"/>
    public static ISink Folder(string path, IReadOnlyList<string>? partitionBy = null, long? maxFileRows = null, string sheet = "Sheet1", long? maxFileBytes = null, FolderWrite write = FolderWrite.Replace) =>
        new FolderSink(path, new ExcelSink(null, sheet), partitionBy, maxFileRows, maxFileBytes, write);
}
