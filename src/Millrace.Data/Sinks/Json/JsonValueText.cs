using System.Text;
using System.Text.Json;
using System.Xml;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Values as JSON has them: times as ISO 8601 text, binary as Base64, NaN and the infinities as texts, maps as objects.</summary>
static class JsonValueText
{
    internal static void Write(Utf8JsonWriter json, Column column, int row)
    {
        if (column.IsNull(row))
        {
            json.WriteNullValue();
            return;
        }
        switch (column)
        {
            case Column<bool> flags:
                if (column.Type.Kind == TypeKind.Null) json.WriteNullValue();
                else json.WriteBooleanValue(flags.Values[row]);
                break;
            case Column<short> shorts:
                json.WriteNumberValue(shorts.Values[row]);
                break;
            case Column<float> floats:
                if (float.IsFinite(floats.Values[row])) json.WriteNumberValue(floats.Values[row]);
                else json.WriteStringValue(Infinite(floats.Values[row]));
                break;
            case Column<double> doubles:
                if (double.IsFinite(doubles.Values[row])) json.WriteNumberValue(doubles.Values[row]);
                else json.WriteStringValue(Infinite(doubles.Values[row]));
                break;
            case Column<int> when column.Type.Kind == TypeKind.Int32:
            case Column<long> when column.Type.Kind == TypeKind.Int64:
            case Column<Int128> or Column<Guid> or Column<int> or Column<long>:
                Span<byte> text = stackalloc byte[64];
                text = text[..ValueSpelling.Format(column, row, text)];
                if (column.Type.IsNumeric) json.WriteRawValue(text, skipInputValidation: true);
                else json.WriteStringValue(text);
                break;
            case BytesColumn bytes:
                if (column.Type.Kind == TypeKind.Binary) json.WriteBase64StringValue(bytes[row]);
                else json.WriteStringValue(bytes[row]);
                break;
            case StructColumn children:
                json.WriteStartObject();
                var fields = ((StructType)column.Type).Fields;
                for (var i = 0; i < fields.Count; i++)
                {
                    json.WritePropertyName(fields[i].Name);
                    Write(json, children.Children[i], row);
                }
                json.WriteEndObject();
                break;
            case ListColumn list when column.Type.Kind == TypeKind.Map:
                WriteMap(json, list, row);
                break;
            case ListColumn list:
                json.WriteStartArray();
                var (start, length) = list.Views[row];
                for (var i = start; i < start + length; i++) Write(json, list.Items, i);
                json.WriteEndArray();
                break;
            default:
                throw new PlanException($"{column.Type} can't be written as JSON.");
        }
    }

    static void WriteMap(Utf8JsonWriter json, ListColumn map, int row)
    {
        var pairs = (StructColumn)map.Items;
        var (start, length) = map.Views[row];
        json.WriteStartObject();
        for (var i = start; i < start + length; i++)
        {
            json.WritePropertyName(ClrValue.Display(pairs.Children[0].ValueAt(i)));
            Write(json, pairs.Children[1], i);
        }
        json.WriteEndObject();
    }

    static string Infinite(double value) => double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";

    /// <summary>A nested value as the text that a cell of a format without nesting holds.</summary>
    internal static string Text(Column column, int row)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer)) Write(json, column, row);
        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
