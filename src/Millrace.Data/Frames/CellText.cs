using System.Globalization;
using System.Text;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Values as a drawn table shows them. Null is blank, the empty text <c>""</c>.</summary>
static class CellText
{
    internal static string Of(Column column, int row)
    {
        if (column.IsNull(row)) return "";
        return column switch
        {
            BytesColumn { Type.Kind: TypeKind.Text or TypeKind.Enum } text => text[row].IsEmpty ? "\"\"" : Escaped(Encoding.UTF8.GetString(text[row])),
            _ => Shown(column, row),
        };
    }

    static string Shown(Column column, int row)
    {
        if (column.IsNull(row)) return "null";
        switch (column)
        {
            case Column<double> doubles:
                return doubles.Values[row].ToString("G10", CultureInfo.InvariantCulture);
            case Column<float> floats:
                return floats.Values[row].ToString("G7", CultureInfo.InvariantCulture);
            case Column<Int128>:
                // Not by way of decimal, which has 28 digits where the column may have 38.
                Span<byte> digits = stackalloc byte[64];
                return Encoding.ASCII.GetString(digits[..ValueSpelling.Format(column, row, digits)]);
            case StructColumn fields:
                var names = ((StructType)column.Type).Fields;
                return $"{{{string.Join(", ", names.Select((f, i) => $"{f.Name}: {Shown(fields.Children[i], row)}"))}}}";
            case ListColumn map when column.Type.Kind == TypeKind.Map:
                var pairs = (StructColumn)map.Items;
                return $"{{{string.Join(", ", Places(map, row).Select(i => $"{Shown(pairs.Children[0], i)}: {Shown(pairs.Children[1], i)}"))}}}";
            case ListColumn list:
                return $"[{string.Join(", ", Places(list, row).Select(i => Shown(list.Items, i)))}]";
            default:
                return Escaped(ClrValue.Display(column.ValueAt(row)));
        }
    }

    static IEnumerable<int> Places(ListColumn list, int row) => Enumerable.Range(list.Views[row].Start, list.Views[row].Length);

    // A control character would move the cursor, or worse.
    static string Escaped(string text)
    {
        if (!text.Any(char.IsControl)) return text;
        var escaped = new StringBuilder();
        foreach (var c in text)
        {
            _ = c switch
            {
                '\n' => escaped.Append("\\n"),
                '\r' => escaped.Append("\\r"),
                '\t' => escaped.Append("\\t"),
                _ when char.IsControl(c) => escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => escaped.Append(c),
            };
        }
        return escaped.ToString();
    }
}
