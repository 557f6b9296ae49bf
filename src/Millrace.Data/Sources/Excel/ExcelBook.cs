using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;

namespace Millrace.Data;

/// <summary>An .xlsx file: a zip of XML parts. The texts that cells share and the formats are in memory, the sheets are not.</summary>
sealed partial class ExcelBook : IDisposable
{
    const string Main = "xl/workbook.xml";

    readonly LocalFile local;
    readonly ZipArchive zip;
    readonly InputLimits limits;
    readonly List<(string Name, string Part)> sheets = [];
    List<string>? texts;

    ExcelBook(LocalFile local, ZipArchive zip, string name, InputLimits limits) => (this.local, this.zip, Name, this.limits) = (local, zip, name, limits);

    internal string Name { get; }

    /// <summary>Whether days are counted from 1904, as on old Macintoshes.</summary>
    internal bool From1904 { get; private set; }

    internal IEnumerable<string> Sheets => sheets.Select(s => s.Name);

    /// <summary>By a cell's style.</summary>
    internal List<ExcelFormat> Formats { get; } = [];

    /// <summary>What cells name by number.</summary>
    internal IReadOnlyList<string> Texts => texts ??= ReadTexts();

    internal static ExcelBook Open(InputFile file, InputLimits limits)
    {
        var local = LocalFile.OfAsync(file, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        try
        {
            var zip = new ZipArchive(File.OpenRead(local.Path), ZipArchiveMode.Read);
            var book = new ExcelBook(local, zip, file.Name, limits);
            try
            {
                book.ReadSheets();
                book.ReadFormats();
                return book;
            }
            catch
            {
                book.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is InvalidDataException or XmlException)
        {
            local.Dispose();
            throw Broken(file.Name, e);
        }
        catch
        {
            local.Dispose();
            throw;
        }
    }

    internal static BadDataException Broken(string name, Exception e) => new($"'{name}' isn't a whole .xlsx file: {e.Message} Save it again.", name, inner: e);

    /// <summary>The XML of a sheet: the first, where none is named.</summary>
    internal XmlReader OpenSheet(string? sheet)
    {
        var at = sheet is null ? 0 : sheets.FindIndex(s => string.Equals(s.Name, sheet, StringComparison.OrdinalIgnoreCase));
        if (at < 0 || sheets.Count == 0) throw new BadDataException($"'{Name}' has no sheet '{sheet}'. Its sheets are {string.Join(", ", Sheets)}.", Name);
        return OpenPart(sheets[at].Part) ?? throw new BadDataException($"'{Name}' names a sheet '{sheets[at].Name}' and holds no such part. Save it again.", Name);
    }

    XmlReader? OpenPart(string part)
    {
        var entry = zip.GetEntry(part) ?? zip.Entries.FirstOrDefault(e => string.Equals(e.FullName, part, StringComparison.OrdinalIgnoreCase));
        if (entry is null) return null;
        var stream = new UnpackingStream(entry.Open(), null, Math.Max(1, entry.CompressedLength), "zip", $"{Name}!{part}", limits) { Expected = entry.Length };
        return XmlReader.Create(stream, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true, IgnoreProcessingInstructions = true, CloseInput = true });
    }

    void ReadSheets()
    {
        var targets = new Dictionary<string, string>(StringComparer.Ordinal);
        using (var relations = OpenPart("xl/_rels/workbook.xml.rels"))
        {
            while (relations?.ReadToFollowing("Relationship") == true)
            {
                var target = relations.GetAttribute("Target") ?? "";
                targets[relations.GetAttribute("Id") ?? ""] = target.StartsWith('/') ? target[1..] : $"xl/{target}";
            }
        }
        using var book = OpenPart(Main) ?? throw new InvalidDataException("It has no workbook.");
        while (book.Read())
        {
            if (book.NodeType != XmlNodeType.Element) continue;
            if (book.LocalName == "workbookPr") From1904 = book.GetAttribute("date1904") is "1" or "true";
            if (book.LocalName != "sheet") continue;
            var id = "";
            while (book.MoveToNextAttribute())
            {
                if (book.LocalName == "id" && book.Prefix.Length > 0) id = book.Value;
            }
            book.MoveToElement();
            if (targets.TryGetValue(id, out var part)) sheets.Add((book.GetAttribute("name") ?? "", part));
        }
        if (sheets.Count == 0) throw new InvalidDataException("It has no sheets.");
    }

    void ReadFormats()
    {
        using var styles = OpenPart("xl/styles.xml");
        if (styles is null) return;
        var custom = new Dictionary<int, ExcelFormat>();
        var inCells = false;
        while (styles.Read())
        {
            if (styles.NodeType == XmlNodeType.EndElement && styles.LocalName == "cellXfs") inCells = false;
            if (styles.NodeType != XmlNodeType.Element) continue;
            switch (styles.LocalName)
            {
                case "numFmt" when Number(styles.GetAttribute("numFmtId")) is { } id:
                    custom[id] = FormatOf(styles.GetAttribute("formatCode") ?? "");
                    break;
                case "cellXfs":
                    inCells = !styles.IsEmptyElement;
                    break;
                case "xf" when inCells:
                    var number = Number(styles.GetAttribute("numFmtId")) ?? 0;
                    Formats.Add(custom.TryGetValue(number, out var format) ? format : BuiltIn(number));
                    break;
            }
        }
    }

    List<string> ReadTexts()
    {
        var all = new List<string>();
        try
        {
            using var reader = OpenPart("xl/sharedStrings.xml");
            while (reader?.Read() == true)
            {
                if (reader.NodeType == XmlNodeType.Element && reader.LocalName == "si") all.Add(Text(reader));
            }
            return all;
        }
        catch (XmlException e)
        {
            throw Broken(Name, e);
        }
    }

    /// <summary>The text of the element that the reader stands on: its runs put together, the reading aids of Asian texts left out.</summary>
    internal static string Text(XmlReader reader)
    {
        if (reader.IsEmptyElement) return "";
        var (text, depth, aside, inText) = (new StringBuilder(), reader.Depth, false, false);
        while (reader.Read() && !(reader.NodeType == XmlNodeType.EndElement && reader.Depth == depth))
        {
            if (reader.NodeType == XmlNodeType.Element)
            {
                if (reader.LocalName == "rPh") aside = !reader.IsEmptyElement;
                inText = reader.LocalName == "t" && !reader.IsEmptyElement;
            }
            else if (reader.NodeType == XmlNodeType.EndElement)
            {
                if (reader.LocalName == "rPh") aside = false;
                inText = false;
            }
            else if (inText && !aside && reader.NodeType is XmlNodeType.Text or XmlNodeType.SignificantWhitespace or XmlNodeType.Whitespace or XmlNodeType.CDATA)
            {
                text.Append(reader.Value);
            }
        }
        return Unescaped(text.ToString());
    }

    /// <summary>Characters that XML can't hold are written <c>_x000D_</c>.</summary>
    internal static string Unescaped(string text) => text.Contains("_x", StringComparison.Ordinal)
        ? Escape().Replace(text, m => ((char)int.Parse(m.Groups[1].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString())
        : text;

    [GeneratedRegex("_x([0-9A-Fa-f]{4})_")]
    internal static partial Regex Escape();

    static int? Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    static ExcelFormat BuiltIn(int number) => number switch
    {
        (>= 14 and <= 17) or (>= 27 and <= 36) or (>= 50 and <= 58) => ExcelFormat.Date,
        (>= 18 and <= 21) or 45 or 47 => ExcelFormat.Time,
        22 => ExcelFormat.Timestamp,
        46 => ExcelFormat.Duration,
        _ => ExcelFormat.Number,
    };

    /// <summary>What a format of letters shows: d, m and y of a date, h and s of a time; quoted and escaped ones mean nothing.</summary>
    internal static ExcelFormat FormatOf(string code)
    {
        if (code.Contains("[h", StringComparison.OrdinalIgnoreCase) || code.Contains("[m]", StringComparison.OrdinalIgnoreCase) || code.Contains("[mm]", StringComparison.OrdinalIgnoreCase) || code.Contains("[s", StringComparison.OrdinalIgnoreCase)) return ExcelFormat.Duration;
        var letters = Literals().Replace(code, "").ToLowerInvariant().Split(';')[0].Replace("general", "", StringComparison.Ordinal);
        var time = letters.AsSpan().ContainsAny('h', 's');
        var date = letters.AsSpan().ContainsAny('y', 'd') || (letters.Contains('m', StringComparison.Ordinal) && !time);
        return (date, time) switch
        {
            (true, true) => ExcelFormat.Timestamp,
            (true, false) => ExcelFormat.Date,
            (false, true) => ExcelFormat.Time,
            _ => ExcelFormat.Number,
        };
    }

    [GeneratedRegex("\"[^\"]*\"|\\[[^\\]]*\\]|\\\\.|_.|\\*.")]
    private static partial Regex Literals();

    public void Dispose()
    {
        zip.Dispose();
        local.Dispose();
    }
}
