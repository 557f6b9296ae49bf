namespace Millrace.Data;

/// <summary>How delimited text is written: UTF-8, fields quoted where they must be. Null is the empty field, the empty text is <c>""</c>.</summary>
public sealed record CsvWriteOptions
{
    /// <summary>As RFC 4180 has it, with line feeds.</summary>
    public static CsvWriteOptions Default { get; } = new();

    /// <summary>Tabs without quotes: a text with a tab, a quote's job, or a line end is refused, and the empty text reads back as null.</summary>
    public static CsvWriteOptions Tab { get; } = new() { Delimiter = '\t', Quote = null };

    public char Delimiter
    {
        get;
        init => field = value is > '\0' and < '\x80' and not ('\r' or '\n')
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Delimiter), value, "A delimiter is one ASCII character and no line end.");
    } = ',';

    /// <summary>Null where fields are never quoted.</summary>
    public char? Quote
    {
        get;
        init => field = value is null or (> ' ' and < '\x80')
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Quote), value, "A quote is one printable ASCII character.");
    } = '"';

    /// <summary>Whether the first line names the columns.</summary>
    public bool Header { get; init; } = true;

    /// <summary>How null is written; a text that reads the same is quoted.</summary>
    public string Null { get; init; } = "";

    public string LineEnd
    {
        get;
        init => field = value is "\n" or "\r\n"
            ? value
            : throw new ArgumentException("A line ends in \"\\n\" or \"\\r\\n\".", nameof(LineEnd));
    } = "\n";
}
