using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Millrace.Data;

/// <summary>An .xlsx file with one sheet, written as a stream.</summary>
sealed class ExcelSink(string? path, string sheet) : FileSink(path)
{
    internal const long MostRows = 1_048_576;

    static readonly SearchValues<char> forbidden = SearchValues.Create("[]:*?/\\");

    public override string Kind => "excel";

    internal override string Extension => ".xlsx";

    internal override void Check(Schema schema)
    {
        if (schema.Count > ExcelRange.MostColumns) throw new PlanException($"{schema.Count:N0} columns were to be written, and an Excel sheet holds {ExcelRange.MostColumns:N0}.");
        if (sheet.Length is 0 or > 31 || sheet.AsSpan().ContainsAny(forbidden) || sheet.StartsWith('\'') || sheet.EndsWith('\''))
            throw new PlanException($"A sheet can't be called '{sheet}': its name has 1 to 31 characters, none of them []:*?/\\, and no quote at its ends.");
    }

    internal override FileWriter Start(string path, string name, Schema schema, RunContext context) => new Writer(path, name, schema, sheet);

    sealed class Writer : FileWriter
    {
        readonly ZipArchive zip;
        readonly Stream part;
        readonly StringBuilder xml = new();
        readonly string[] columns;
        readonly string name;
        bool ended;

        internal Writer(string path, string name, Schema schema, string sheet)
        {
            if (Packing.Of(name) is not null) throw new NotSupportedException($"'{name}' is to be packed, and Excel files are packed inside. Leave the end of the name off.");
            this.name = name;
            zip = new ZipArchive(new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 1 << 17 }), ZipArchiveMode.Create);
            columns = [.. schema.Select((_, i) => ExcelRange.NameOf(i + 1))];
            foreach (var (entry, content) in ExcelParts.Fixed(sheet))
            {
                using var stream = zip.CreateEntry(entry).Open();
                stream.Write(Encoding.UTF8.GetBytes(content));
            }
            part = zip.CreateEntry("xl/worksheets/sheet1.xml", CompressionLevel.Fastest).Open();
            xml.Append(ExcelParts.SheetStart).Append("<row r=\"1\">");
            for (var i = 0; i < columns.Length; i++) AppendText(schema[i].Name, columns[i], 1, ExcelParts.HeaderStyle);
            xml.Append("</row>");
        }

        internal override async ValueTask WriteAsync(Batch batch, CancellationToken cancel)
        {
            using (batch)
            {
                for (var row = 0; row < batch.Count; row++)
                {
                    AppendRow(batch, row);
                    if (xml.Length > 1 << 16) await FlushAsync(cancel).ConfigureAwait(false);
                }
            }
        }

        void AppendRow(Batch batch, int row)
        {
            var number = ++Rows + 1;
            if (number > MostRows) throw new PlanException($"'{name}' would get more than {MostRows:N0} rows, and an Excel sheet holds no more. Write a folder of files with maxFileRows, or another format.");
            xml.Append(CultureInfo.InvariantCulture, $"<row r=\"{number}\">");
            for (var i = 0; i < columns.Length; i++)
            {
                if (!batch[i].IsNull(row)) AppendCell(batch[i], row, columns[i], number);
            }
            xml.Append("</row>");
        }

        void AppendCell(Column column, int row, string letters, long number)
        {
            switch (column.Type.Kind)
            {
                case TypeKind.Boolean:
                    xml.Append(CultureInfo.InvariantCulture, $"<c r=\"{letters}{number}\" t=\"b\"><v>{(((Column<bool>)column).Values[row] ? 1 : 0)}</v></c>");
                    break;
                case TypeKind.Null:
                    break;
                case TypeKind.Text or TypeKind.Enum:
                    AppendText(Encoding.UTF8.GetString(((BytesColumn)column)[row]), letters, number);
                    break;
                case TypeKind.Binary:
                    AppendText(Convert.ToBase64String(((BytesColumn)column)[row]), letters, number);
                    break;
                case TypeKind.List or TypeKind.Struct or TypeKind.Map:
                    AppendText(JsonValueText.Text(column, row), letters, number);
                    break;
                default:
                    Span<byte> spelled = stackalloc byte[64];
                    var text = Encoding.ASCII.GetString(spelled[..ValueSpelling.Format(column, row, spelled)]);
                    if (ExcelParts.NumberOf(column, row, text) is var (value, style)) AppendNumber(value, style, letters, number);
                    else AppendText(text, letters, number);
                    break;
            }
        }

        void AppendNumber(string value, int style, string letters, long number) =>
            xml.Append(CultureInfo.InvariantCulture, $"<c r=\"{letters}{number}\"{(style == 0 ? "" : $" s=\"{style}\"")}><v>{value}</v></c>");

        void AppendText(string text, string letters, long number, int style = 0)
        {
            if (text.Length > ExcelParts.MostCharacters)
                throw new PlanException($"Cell {letters}{number} of '{name}' would get a text of {text.Length:N0} characters, and an Excel cell holds {ExcelParts.MostCharacters:N0}. Cut it, or write another format.");
            xml.Append(CultureInfo.InvariantCulture, $"<c r=\"{letters}{number}\" t=\"inlineStr\"{(style == 0 ? "" : $" s=\"{style}\"")}><is><t xml:space=\"preserve\">");
            ExcelParts.AppendEscaped(xml, text);
            xml.Append("</t></is></c>");
        }

        async ValueTask FlushAsync(CancellationToken cancel)
        {
            await part.WriteAsync(Encoding.UTF8.GetBytes(xml.ToString()), cancel).ConfigureAwait(false);
            xml.Clear();
        }

        internal override async Task FinishAsync(CancellationToken cancel)
        {
            xml.Append(ExcelParts.SheetEnd);
            await FlushAsync(cancel).ConfigureAwait(false);
            Close();
        }

        void Close()
        {
            if (ended) return;
            ended = true;
            try
            {
                part.Dispose();
            }
            finally
            {
                zip.Dispose();
            }
        }

        public override ValueTask DisposeAsync()
        {
            Close();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>What all .xlsx files of ours have alike.</summary>
static class ExcelParts
{
    internal const int MostCharacters = 32_767, HeaderStyle = 1;

    const int Date = 2, Time = 3, Timestamp = 4, Instant = 5, Duration = 6;
    const string Xml = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>""";

    internal const string SheetStart = Xml + """
        <worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><sheetData>
        """;

    internal const string SheetEnd = "</sheetData></worksheet>";

    internal static IEnumerable<(string Name, string Content)> Fixed(string sheet)
    {
        yield return ("[Content_Types].xml", Xml + """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>""");
        yield return ("_rels/.rels", Xml + """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>""");
        var name = new StringBuilder();
        AppendEscaped(name, sheet);
        yield return ("xl/workbook.xml", Xml + $"""<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="{name.Replace("\"", "&quot;")}" sheetId="1" r:id="rId1"/></sheets></workbook>""");
        yield return ("xl/_rels/workbook.xml.rels", Xml + """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>""");
        yield return ("xl/styles.xml", Xml + """<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="5"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/><numFmt numFmtId="165" formatCode="hh:mm:ss.000"/><numFmt numFmtId="166" formatCode="yyyy\-mm\-dd\ hh:mm:ss.000"/><numFmt numFmtId="167" formatCode="yyyy\-mm\-dd\ hh:mm:ss.000&quot; UTC&quot;"/><numFmt numFmtId="168" formatCode="[h]:mm:ss.000"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="7"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="166" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="167" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="168" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>""");
    }

    /// <summary>The number and the style that a cell shows the value by; null where a number would not be the value.</summary>
    internal static (string Value, int Style)? NumberOf(Column column, int row, string text)
    {
        switch (column.Type.Kind)
        {
            case TypeKind.Int16 or TypeKind.Int32 or TypeKind.Int64 or TypeKind.Decimal:
                return text.Count(char.IsAsciiDigit) <= 15 ? (text, 0) : null;
            case TypeKind.Float32 or TypeKind.Float64:
                return text is "NaN" or "Infinity" or "-Infinity" ? null : (text, 0);
            case TypeKind.Date:
                return Days(((Column<int>)column).Values[row] * 86_400_000L, Date);
            case TypeKind.Timestamp when Milliseconds(column, row) is { } local:
                return Days(local, Timestamp);
            case TypeKind.Instant when Milliseconds(column, row) is { } utc:
                return Days(utc, Instant);
            case TypeKind.Time when Milliseconds(column, row) is { } clock:
                return (Share(clock), Time);
            case TypeKind.Duration when Milliseconds(column, row) is >= 0 and < 86_400_000L * 2_958_466 and var span:
                return (Share(span), Duration);
            default:
                return null;
        }
    }

    static long? Milliseconds(Column column, int row) => ((Column<long>)column).Values[row] is var value && value % 1_000 == 0 ? value / 1_000 : null;

    // Before March 1900 Excel's calendar has a day too many, and before 1900 it has none.
    static (string, int)? Days(long milliseconds, int style) =>
        milliseconds >= (61 - 25_569) * 86_400_000L && milliseconds < (2_958_466L - 25_569) * 86_400_000L ? (Share(milliseconds + 25_569 * 86_400_000L), style) : null;

    static string Share(long milliseconds) => (milliseconds / 86_400_000d).ToString("R", CultureInfo.InvariantCulture);

    /// <summary>What XML can't hold is written as Excel does, <c>_x000D_</c>, and what reads like that is too.</summary>
    internal static void AppendEscaped(StringBuilder xml, string text)
    {
        if (text.Contains("_x", StringComparison.Ordinal)) text = ExcelBook.Escape().Replace(text, m => $"_x005F{m.Value}");
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            switch (c)
            {
                case '&':
                    xml.Append("&amp;");
                    break;
                case '<':
                    xml.Append("&lt;");
                    break;
                case '>':
                    xml.Append("&gt;");
                    break;
                case '\t' or '\n':
                    xml.Append(c);
                    break;
                case < ' ' or '\uFFFE' or '\uFFFF':
                    xml.Append(CultureInfo.InvariantCulture, $"_x{(int)c:X4}_");
                    break;
                default:
                    xml.Append(c);
                    break;
            }
        }
    }
}
