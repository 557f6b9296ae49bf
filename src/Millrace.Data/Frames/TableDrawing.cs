using System.Globalization;
using System.Text;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Draws rows as a table of text: names and types above, numbers to the right, wide values cut.</summary>
static class TableDrawing
{
    const int WidestCell = 40, MostRows = 1000;

    /// <param name="total">How many rows there are, where the table holds only some.</param>
    /// <param name="rejects">What was refused on the way to them.</param>
    internal static string Of(Table table, long? total, RejectLog? rejects = null)
    {
        var schema = table.Schema;
        var shown = table.Rows.Take(MostRows).Select(r => r.Select((v, i) => Cell(v, schema[i].Type)).ToArray()).ToList();
        var widths = new int[schema.Count];
        for (var i = 0; i < widths.Length; i++)
            widths[i] = Math.Max(Math.Max(Width(Cut(schema[i].Name)), Width(Cut(schema[i].TypeText))), shown.Select(r => Width(r[i])).DefaultIfEmpty(0).Max());
        var text = new StringBuilder();
        Line(schema.Select(f => Cut(f.Name)));
        Line(schema.Select(f => Cut(f.TypeText)));
        text.AppendJoin("-+-", widths.Select(w => new string('-', w))).Append('\n');
        foreach (var row in shown) Line(row);
        text.Append(Footer(shown.Count, total));
        if (rejects is { Count: > 0 }) text.Append(CultureInfo.InvariantCulture, $"{(total is null ? "; " : ", ")}{rejects.Count:N0} rejected{(total is null ? " so far" : "")}").Append(rejects.ToLines());
        return text.ToString();

        void Line(IEnumerable<string> cells)
        {
            var line = string.Join(" | ", cells.Select((c, i) => schema[i].Type.IsNumeric ? Pad(widths[i] - Width(c)) + c : c + Pad(widths[i] - Width(c))));
            text.Append(line.TrimEnd()).Append('\n');
        }
    }

    static string Pad(int spaces) => new(' ', spaces);

    static string Footer(int shown, long? total) => total is { } all
        ? all == shown ? $"{Rows(all)}" : $"{Rows(all)}, the first {shown.ToString("N0", CultureInfo.InvariantCulture)} shown"
        : $"the first {Rows(shown)}; there are more";

    static string Rows(long count) => count == 1 ? "1 row" : $"{count.ToString("N0", CultureInfo.InvariantCulture)} rows";

    static string Cell(object? value, DataType type) => Cut(Escaped(value switch
    {
        null => "",
        double d => d.ToString("G10", CultureInfo.InvariantCulture),
        float f => f.ToString("G7", CultureInfo.InvariantCulture),
        decimal m when type is DecimalType { Scale: var scale } => m.ToString($"F{Math.Min(scale, 28)}", CultureInfo.InvariantCulture),
        IReadOnlyDictionary<string, object?> fields => $"{{{string.Join(", ", fields.Select(f => $"{f.Key}: {ClrValue.Display(f.Value)}"))}}}",
        System.Collections.IDictionary map => $"{{{string.Join(", ", map.Keys.Cast<object>().Select(k => $"{ClrValue.Display(k)}: {ClrValue.Display(map[k])}"))}}}",
        IReadOnlyList<object?> list => $"[{string.Join(", ", list.Select(ClrValue.Display))}]",
        _ => ClrValue.Display(value),
    }));

    static string Escaped(string text) => text.Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal);

    static string Cut(string text)
    {
        if (Width(text) <= WidestCell) return text;
        var info = new StringInfo(text);
        return info.SubstringByTextElements(0, WidestCell - 1) + "…";
    }

    static int Width(string text) => new StringInfo(text).LengthInTextElements;
}
