using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Millrace.Data;

namespace Millrace.Cli.DataWork;

/// <summary>Prints the rows of a frame as they come: as a table for people, as JSON or CSV for programs.</summary>
static class RowPrinter
{
    /// <param name="most">How many rows are drawn; 0 draws all.</param>
    internal static async Task TableAsync(Frame frame, RunContext run, int most, TextWriter output, CancellationToken cancel) =>
        await frame.ShowAsync(most == 0 ? int.MaxValue - 1 : most, output, run, cancel);

    internal static async Task JsonAsync(Frame frame, RunContext run, TextWriter output, CancellationToken cancel)
    {
        var names = frame.Schema.Names.Select(n => JsonEncodedText.Encode(n, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)).ToArray();
        var buffer = new ArrayBufferWriter<byte>();
        await using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        writer.WriteStartArray();
        await foreach (var batch in frame.ReadBatchesAsync(run, cancel))
        {
            for (var row = 0; row < batch.Count; row++)
            {
                writer.WriteStartObject();
                for (var i = 0; i < names.Length; i++)
                {
                    writer.WritePropertyName(names[i]);
                    Write(writer, batch[i].ValueAt(row));
                }
                writer.WriteEndObject();
            }
            await FlushAsync();
        }
        writer.WriteEndArray();
        await FlushAsync();
        await output.WriteLineAsync();

        async Task FlushAsync()
        {
            await writer.FlushAsync(cancel);
            await output.WriteAsync(Encoding.UTF8.GetString(buffer.WrittenSpan).AsMemory(), cancel);
            buffer.ResetWrittenCount();
        }
    }

    internal static async Task CsvAsync(Frame frame, RunContext run, TextWriter output, CancellationToken cancel)
    {
        var line = new StringBuilder();
        foreach (var name in frame.Schema.Names) Append(line, name);
        await EndAsync();
        await foreach (var batch in frame.ReadBatchesAsync(run, cancel))
        {
            for (var row = 0; row < batch.Count; row++)
            {
                for (var i = 0; i < batch.Schema.Count; i++) Append(line, batch[i].ValueAt(row));
                await EndAsync();
            }
        }

        async Task EndAsync()
        {
            // Each value has put a comma behind itself.
            line.Length--;
            await output.WriteAsync(line.Append('\n'), cancel);
            line.Clear();
        }
    }

    static void Append(StringBuilder line, object? value)
    {
        var text = value is null ? "" : Text(value);
        // Empty text is quoted: without quotes it reads back as null.
        if (value is not null && text.Length == 0 || text.AsSpan().ContainsAny(",\"\r\n")) line.Append('"').Append(text.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        else line.Append(text);
        line.Append(',');
    }

    static void Write(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null: writer.WriteNullValue(); break;
            case bool b: writer.WriteBooleanValue(b); break;
            case short n: writer.WriteNumberValue(n); break;
            case int n: writer.WriteNumberValue(n); break;
            case long n: writer.WriteNumberValue(n); break;
            case decimal n: writer.WriteNumberValue(n); break;
            case double n when double.IsFinite(n): writer.WriteNumberValue(n); break;
            case float n when float.IsFinite(n): writer.WriteNumberValue(n); break;
            case byte[] bytes: writer.WriteBase64StringValue(bytes); break;
            case IReadOnlyDictionary<string, object?> fields:
                writer.WriteStartObject();
                foreach (var (name, field) in fields)
                {
                    writer.WritePropertyName(name);
                    Write(writer, field);
                }
                writer.WriteEndObject();
                break;
            case System.Collections.IDictionary map:
                writer.WriteStartObject();
                foreach (System.Collections.DictionaryEntry entry in map)
                {
                    writer.WritePropertyName(Text(entry.Key));
                    Write(writer, entry.Value);
                }
                writer.WriteEndObject();
                break;
            case IReadOnlyList<object?> list:
                writer.WriteStartArray();
                foreach (var item in list) Write(writer, item);
                writer.WriteEndArray();
                break;
            default: writer.WriteStringValue(Text(value)); break;
        }
    }

    // As plans and files spell values: ISO 8601, a point in decimals.
    static string Text(object value) => value switch
    {
        bool b => b ? "true" : "false",
        DateTime t => t.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        DateTimeOffset t => t.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture),
        DateOnly d => d.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        TimeOnly t => t.ToString("HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        byte[] bytes => Convert.ToBase64String(bytes),
        IReadOnlyDictionary<string, object?> or System.Collections.IDictionary or IReadOnlyList<object?> => Json(value),
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    static string Json(object value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })) Write(writer, value);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
