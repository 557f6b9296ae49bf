using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Millrace.Cli.Output;
using Millrace.Kafka;

namespace Millrace.Cli.Commands;

/// <summary>Writes records by a format with names in braces, or as JSON, one a line.</summary>
sealed partial class RecordPrinter(Terminal terminal, string? format)
{
    internal const string Names = "{topic} {partition} {offset} {time} {key} {value} {headers} {size}";

    // Bytes that aren't text would turn into question marks without a word.
    static readonly UTF8Encoding strict = new(false, throwOnInvalidBytes: true);

    internal void Write(in ConsumerRecord<byte[]?, byte[]?> record)
    {
        if (format is null)
        {
            WriteJson(record);
            return;
        }
        var it = record;
        terminal.Line(Name().Replace(format, m => Part(m.Groups[1].Value, it)));
        terminal.Output.Flush();
    }

    static string Part(string name, in ConsumerRecord<byte[]?, byte[]?> record) => name switch
    {
        "topic" => record.Topic,
        "partition" => record.Partition.ToString(CultureInfo.InvariantCulture),
        "offset" => record.Offset.ToString(CultureInfo.InvariantCulture),
        "time" => record.Timestamp.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        "timestamp" => record.Timestamp.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
        "key" => Text(record.Key),
        "value" => Text(record.Value),
        "headers" => record.Headers is { Count: > 0 } headers ? string.Join(',', headers.Select(h => $"{h.Name}={h.Text ?? "null"}")) : "",
        "size" => (record.Value?.Length ?? 0).ToString(CultureInfo.InvariantCulture),
        _ => throw new UserErrorException($"--format has no {{{name}}}. It has {Names}."),
    };

    static string Text(byte[]? bytes) => bytes is null ? "null" : Encoding.UTF8.GetString(bytes);

    void WriteJson(in ConsumerRecord<byte[]?, byte[]?> record)
    {
        var isText = IsText(record.Key) && IsText(record.Value);
        terminal.WriteLine(new(record.Topic, record.Partition, record.Offset, record.Timestamp, Json(record.Key, isText), Json(record.Value, isText),
            record.Headers is { Count: > 0 } headers ? [.. headers.Select(h => new HeaderView(h.Name, h.Text))] : null, isText ? null : "base64"), RecordViews.Readable.RecordView);
    }

    static bool IsText(byte[]? bytes)
    {
        if (bytes is null) return true;
        try
        {
            strict.GetCharCount(bytes);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    static JsonElement? Json(byte[]? bytes, bool isText) =>
        bytes is null ? null : JsonSerializer.SerializeToElement(isText ? Encoding.UTF8.GetString(bytes) : Convert.ToBase64String(bytes), RecordViews.Default.String);

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Name();
}
