using System.Text;

namespace Millrace.Data;

/// <summary>What becomes of a row that has fewer or more fields than the file has columns.</summary>
public enum Ragged
{
    /// <summary>It is a bad row.</summary>
    Bad,

    /// <summary>Missing fields are null; a row with too many is bad.</summary>
    Fill,

    /// <summary>Missing fields are null and surplus ones are left out.</summary>
    FillAndCut,
}

public enum Header
{
    /// <summary>The first line is one where it reads like names over the values below it.</summary>
    Auto,
    Yes,
    No,
}

/// <summary>
/// How delimited text is read. An empty field is null; an empty field in quotes is the empty text (and null where the
/// column isn't text). A column of text that may not be null takes an empty field for the empty text.
/// </summary>
public sealed partial record CsvOptions
{
    /// <summary>As RFC 4180 has it: commas, double quotes.</summary>
    public static CsvOptions Default { get; } = new();

    // .NET has Windows-1252 and its like and doesn't know them before it is told: after this, Encoding.GetEncoding(1252) does.
    static CsvOptions() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>Tabs; quotes mean nothing, as tab-separated files don't know them.</summary>
    public static CsvOptions Tab { get; } = new() { Delimiter = '\t', Quote = null };

    /// <summary>Null finds it: the comma, tab, semicolon or bar that splits the first lines most evenly.</summary>
    public char? Delimiter
    {
        get;
        init => field = value is null or (> '\0' and < '\x80' and not ('\r' or '\n'))
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Delimiter), value, "A delimiter is one ASCII character and no line end.");
    }

    /// <summary>Null where quotes are characters like any other.</summary>
    public char? Quote
    {
        get;
        init => field = value is null or (> ' ' and < '\x80')
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Quote), value, "A quote is one printable ASCII character.");
    } = '"';

    public Header Header { get; init; }

    /// <summary>Null is UTF-8, or what the file's byte order mark says.</summary>
    public Encoding? Encoding { get; init; }

    /// <summary>The encoding by its name: <c>windows-1252</c>, <c>iso-8859-1</c>, <c>utf-16</c>.</summary>
    public string? EncodingName
    {
        get => Encoding?.WebName;
        init => Encoding = value is null ? null : Named(value);
    }

    /// <summary>The columns and their types, by name where the file has a header and by position where it has none; null infers them.</summary>
    public Schema? Columns { get; init; }

    /// <summary>Types of some columns, by name; the others are inferred.</summary>
    public IReadOnlyDictionary<string, DataType> Types { get; init; } = new Dictionary<string, DataType>();

    /// <summary>Whether types are inferred at all: where not, columns without a type are text.</summary>
    public bool Infer { get; init; } = true;

    /// <summary>How much of the file is looked at to infer types.</summary>
    public int SampleBytes
    {
        get;
        init => field = value >= 1024 ? value : throw new ArgumentOutOfRangeException(nameof(SampleBytes), value, "A sample needs at least 1,024 bytes.");
    } = 1 << 20;

    /// <summary>Spellings of null besides the empty field: <c>NA</c>, <c>\N</c>.</summary>
    public IReadOnlyList<string> Nulls { get; init; } = [];

    /// <summary>Whether blanks around unquoted text are left out. Around numbers and dates they always are.</summary>
    public bool Trim { get; init; }

    /// <summary>Lines that start with this character are left out.</summary>
    public char? Comment
    {
        get;
        init => field = value is null or (> ' ' and < '\x80')
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Comment), value, "A comment starts with one printable ASCII character.");
    }

    /// <summary>Lines before the header (or the first row) that aren't part of the table.</summary>
    public int SkipLines
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(SkipLines), value, "Lines to skip can't be fewer than none.");
    }

    public char DecimalSeparator
    {
        get;
        init => field = value is '.' or ',' ? value : throw new ArgumentOutOfRangeException(nameof(DecimalSeparator), value, "Decimals are separated by a point or a comma.");
    } = '.';

    /// <summary>As .NET spells formats: <c>dd.MM.yyyy</c>; null is ISO 8601. So for the two below.</summary>
    public string? DateFormat { get; init; }
    public string? TimeFormat { get; init; }
    public string? TimestampFormat { get; init; }

    /// <summary>What becomes of bad values and rows of these files; null leaves it to the run (<see cref="RunContext.Bad"/>).</summary>
    public Bad? Bad { get; init; }
    public Ragged Ragged { get; init; }

    /// <summary>A record longer than this fails the read: most often a quote is missing.</summary>
    public int MaxRecordBytes
    {
        get;
        init => field = value is >= 1024 and <= 1 << 30 ? value : throw new ArgumentOutOfRangeException(nameof(MaxRecordBytes), value, "A record has between 1,024 bytes and 1 GiB.");
    } = 32 << 20;

    /// <summary>How far packed files may grow while they are unpacked.</summary>
    public InputLimits Limits { get; init; } = InputLimits.Default;

    /// <summary>Whether a header that names two columns alike is taken, the later ones called <c>name_2</c>, <c>name_3</c>.</summary>
    public bool RenameDuplicates { get; init; }

    static Encoding Named(string name)
    {
        try
        {
            return Encoding.GetEncoding(name);
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"There is no encoding '{name}'. Name one as the web does: utf-8, windows-1252, iso-8859-1, utf-16.", nameof(name), e);
        }
    }
}
