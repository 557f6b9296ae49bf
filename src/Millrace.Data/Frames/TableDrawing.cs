using System.Globalization;
using System.Text;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Draws rows as a table of text: names and types above, numbers to the right, wide values cut.</summary>
static class TableDrawing
{
    const int WidestCell = 40, NarrowedCell = 12, MostRows = 1000, Between = 3;

    // Stands for columns that found no room.
    const int Gap = -1;

    /// <param name="total">How many rows there are, where the table holds only some.</param>
    /// <param name="width">How many places a line may have: wide texts are cut shorter, then columns in the middle are left out. Null is no limit.</param>
    /// <param name="rejects">What was refused on the way to them.</param>
    internal static string Of(Table table, long? total, int? width = null, RejectLog? rejects = null)
    {
        var schema = table.Schema;
        var rows = Math.Min(table.Count, MostRows);
        string[][] columns = [.. schema.Select((field, i) => (string[])[field.Name, field.TypeText, .. Cells(table, i, (int)rows)])];
        var widths = Widths(columns, WidestCell);
        if (Sum(widths) > width) widths = [.. Widths(columns, WidestCell).Select((w, i) => schema[i].Type.IsNumeric ? w : Math.Min(w, Math.Max(NarrowedCell, TextWidth.Of(TextWidth.Cut(schema[i].Name, WidestCell)))))];
        var shown = Fitting(widths, width);
        var text = new StringBuilder();
        for (var row = 0; row < rows + 2; row++)
        {
            if (row == 2) text.AppendJoin("-+-", shown.Select(c => new string('-', c == Gap ? 1 : widths[c]))).Append('\n');
            text.Append(string.Join(" | ", shown.Select(c => c == Gap ? "…" : Padded(TextWidth.Cut(columns[c][row], widths[c]), widths[c], schema[c].Type.IsNumeric))).TrimEnd()).Append('\n');
        }
        if (rows == 0) text.AppendJoin("-+-", shown.Select(c => new string('-', c == Gap ? 1 : widths[c]))).Append('\n');
        text.Append(Footer(rows, total));
        if (shown.Contains(Gap)) text.Append(CultureInfo.InvariantCulture, $", {shown.Count - 1} of {schema.Count} columns");
        if (rejects is { Count: > 0 }) text.Append(CultureInfo.InvariantCulture, $"{(total is null ? "; " : ", ")}{rejects.Count:N0} rejected{(total is null ? " so far" : "")}").Append(rejects.ToLines());
        return text.ToString();
    }

    static IEnumerable<string> Cells(Table table, int column, int most)
    {
        foreach (var batch in table.Batches)
        {
            for (var row = 0; row < batch.Count; row++)
            {
                if (most-- == 0) yield break;
                yield return CellText.Of(batch[column], row);
            }
        }
    }

    static int[] Widths(string[][] columns, int most) => [.. columns.Select(c => Math.Min(most, c.Max(TextWidth.Of)))];

    static int Sum(int[] widths) => widths.Sum() + (Math.Max(0, widths.Length - 1) * Between);

    // From both ends towards the middle, the first columns before the last: keys stand in front.
    static List<int> Fitting(int[] widths, int? width)
    {
        if (width is null || Sum(widths) <= width) return [.. Enumerable.Range(0, widths.Length)];
        var left = width.Value - 1 - Between;
        var (front, back) = (0, widths.Length);
        while (front < back)
        {
            var next = front <= widths.Length - back ? front : back - 1;
            if ((left -= widths[next] + (front > 0 || back < widths.Length ? Between : 0)) < 0 && front > 0) break;
            if (next == front) front++;
            else back--;
        }
        return [.. Enumerable.Range(0, front), .. front < back ? (int[])[Gap] : [], .. Enumerable.Range(back, widths.Length - back)];
    }

    static string Padded(string cell, int width, bool right)
    {
        var spaces = new string(' ', Math.Max(0, width - TextWidth.Of(cell)));
        return right ? spaces + cell : cell + spaces;
    }

    static string Footer(long shown, long? total) => total is { } all
        ? all == shown ? $"{Rows(all)}" : $"{Rows(all)}, the first {shown.ToString("N0", CultureInfo.InvariantCulture)} shown"
        : $"the first {Rows(shown)}; there are more";

    static string Rows(long count) => count == 1 ? "1 row" : $"{count.ToString("N0", CultureInfo.InvariantCulture)} rows";
}
