using System.Globalization;
using System.Xml;

namespace Millrace.Data;

/// <summary>The rows of a sheet within a range, one at a time.</summary>
sealed class ExcelRows : IDisposable
{
    readonly ExcelBook book;
    readonly XmlReader reader;
    readonly ExcelRange range;
    readonly List<ExcelCell> cells = [];
    long row;

    internal ExcelRows(ExcelBook book, string? sheet, ExcelRange range)
    {
        (this.book, this.range) = (book, range);
        reader = book.OpenSheet(sheet);
    }

    /// <summary>The number of the row that was read last, as Excel shows it.</summary>
    internal long Row => row;

    /// <summary>The next row that has content: its cells from the range's first column on. Good until the next call; null at the end.</summary>
    internal IReadOnlyList<ExcelCell>? Next()
    {
        try
        {
            while (reader.Read())
            {
                if (reader.NodeType == XmlNodeType.EndElement && reader.LocalName == "sheetData") return null;
                if (reader.NodeType != XmlNodeType.Element || reader.LocalName != "row") continue;
                row = long.TryParse(reader.GetAttribute("r"), NumberStyles.None, CultureInfo.InvariantCulture, out var named) ? named : row + 1;
                if (row > range.LastRow) return null;
                ReadRow();
                if (row >= range.FirstRow && cells.Exists(c => c.Kind != ExcelCellKind.Empty)) return cells;
            }
            return null;
        }
        catch (XmlException e)
        {
            throw ExcelBook.Broken(book.Name, e);
        }
    }

    void ReadRow()
    {
        cells.Clear();
        if (reader.IsEmptyElement) return;
        var (depth, column) = (reader.Depth, 0);
        while (reader.Read() && !(reader.NodeType == XmlNodeType.EndElement && reader.Depth == depth))
        {
            if (reader.NodeType != XmlNodeType.Element || reader.LocalName != "c") continue;
            column = ExcelRange.ColumnOf(reader.GetAttribute("r")) ?? column + 1;
            if (column is < 1 or > ExcelRange.MostColumns) throw new XmlException($"Row {row} has a cell in column {column}.");
            var cell = ReadCell();
            if (column < range.FirstColumn || column > range.LastColumn) continue;
            var at = column - range.FirstColumn;
            while (cells.Count < at) cells.Add(default);
            if (cells.Count > at) cells[at] = cell;
            else cells.Add(cell);
        }
    }

    ExcelCell ReadCell()
    {
        var type = reader.GetAttribute("t");
        var style = int.TryParse(reader.GetAttribute("s"), NumberStyles.None, CultureInfo.InvariantCulture, out var s) && s < book.Formats.Count ? book.Formats[s] : ExcelFormat.Number;
        if (reader.IsEmptyElement) return default;
        var (depth, value, inValue) = (reader.Depth, (string?)null, false);
        while (reader.Read() && !(reader.NodeType == XmlNodeType.EndElement && reader.Depth == depth))
        {
            if (reader.NodeType == XmlNodeType.Element)
            {
                inValue = reader.LocalName == "v" && !reader.IsEmptyElement;
                if (reader.LocalName == "is") value = ExcelBook.Text(reader);
            }
            else if (reader.NodeType == XmlNodeType.EndElement)
            {
                inValue = false;
            }
            else if (inValue)
            {
                value += reader.Value;
            }
        }
        if (value is null) return default;
        return type switch
        {
            "s" => new ExcelCell(ExcelCellKind.Text, Shared(value), style),
            "str" => new ExcelCell(ExcelCellKind.Text, ExcelBook.Unescaped(value), style),
            "inlineStr" or "d" => new ExcelCell(ExcelCellKind.Text, value, style),
            "b" => new ExcelCell(ExcelCellKind.Boolean, value.Trim(), style),
            "e" => new ExcelCell(ExcelCellKind.Error, value.Trim(), style),
            _ => new ExcelCell(ExcelCellKind.Number, value.Trim(), style),
        };
    }

    string Shared(string number) =>
        int.TryParse(number, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var at) && at < book.Texts.Count
            ? book.Texts[at]
            : throw new BadDataException($"'{book.Name}', row {row}: a cell names text {number} of {book.Texts.Count}. Save the file again.", book.Name, row);

    public void Dispose() => reader.Dispose();
}

/// <summary>Cells of a sheet, rows and columns counted from 1.</summary>
sealed record ExcelRange(int FirstColumn, long FirstRow, int LastColumn, long LastRow)
{
    internal const int MostColumns = 16_384;

    internal static ExcelRange Of(string? text)
    {
        if (text is null) return new ExcelRange(1, 1, MostColumns, long.MaxValue);
        var parts = text.ToUpperInvariant().Split(':');
        if (parts.Length == 2 && ColumnOf(parts[0]) is { } first && ColumnOf(parts[1]) is { } last && first <= last
            && RowOf(parts[0]) is { } from && RowOf(parts[1]) is { } to && from <= to) return new ExcelRange(first, Math.Max(1, from), last, to == 0 ? long.MaxValue : to);
        if (parts.Length == 2 && ColumnOf(parts[0]) is { } left && ColumnOf(parts[1]) is { } right && left <= right && RowOf(parts[1]) == 0 && RowOf(parts[0]) is { } top)
            return new ExcelRange(left, Math.Max(1, top), right, long.MaxValue);
        throw new ArgumentException($"'{text}' is no range of cells. Write it as Excel does: B3:F100, or B3:F for all rows from the third.");
    }

    /// <summary>27 for <c>AA5</c>.</summary>
    internal static int? ColumnOf(string? cell)
    {
        var column = 0;
        foreach (var c in cell ?? "")
        {
            if (!char.IsAsciiLetterUpper(c)) break;
            if ((column = column * 26 + (c - 'A' + 1)) > MostColumns) return null;
        }
        return column == 0 ? null : column;
    }

    internal static string NameOf(int column)
    {
        var name = "";
        for (; column > 0; column = (column - 1) / 26) name = (char)('A' + (column - 1) % 26) + name;
        return name;
    }

    // 0 where there is none.
    static long? RowOf(string cell)
    {
        var digits = cell.TrimStart([.. Enumerable.Range('A', 26).Select(c => (char)c)]);
        return digits.Length == 0 ? 0 : long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var row) && row > 0 ? row : null;
    }
}
