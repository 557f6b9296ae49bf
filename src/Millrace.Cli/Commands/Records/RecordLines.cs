using System.Text;
using System.Text.Json;
using Millrace.Kafka;

namespace Millrace.Cli.Commands;

/// <summary>Records as they are typed, one a line.</summary>
/// <param name="Key">That of all records, where lines have none.</param>
/// <param name="KeySeparator">What stands between key and value; null where there are no keys.</param>
/// <param name="Null">A key or value that is written like this is none.</param>
/// <param name="IsJson">Each line is an object with value, and perhaps key, partition, timestamp and headers, as 'millrace consume --json' writes it.</param>
sealed record RecordLines(string Topic, string? KeySeparator, string? Null, bool IsJson, int? Partition, IReadOnlyList<RecordHeader> Headers, byte[]? Key = null)
{
    internal ProducerRecord<byte[]?, byte[]?> Read(string line, int number)
    {
        if (IsJson) return ReadJson(line, number);
        if (KeySeparator is not { } separator) return Record(Key, Bytes(line));
        var at = line.IndexOf(separator, StringComparison.Ordinal);
        if (at < 0) throw new UserErrorException($"Line {number} has no key: '{separator}' doesn't stand in '{Shortened(line)}'. The lines before it were sent.");
        return Record(Bytes(line[..at]), Bytes(line[(at + separator.Length)..]));
    }

    internal ProducerRecord<byte[]?, byte[]?> Record(byte[]? key, byte[]? value) => new(Topic, key, value) { Partition = Partition, Headers = Headers.Count == 0 ? null : Headers };

    byte[]? Bytes(string text) => text == Null ? null : Encoding.UTF8.GetBytes(text);

    ProducerRecord<byte[]?, byte[]?> ReadJson(string line, int number)
    {
        try
        {
            var record = JsonSerializer.Deserialize(line, RecordViews.Default.RecordView) ?? throw new JsonException("null is no record");
            if (record.Encoding is not (null or "base64")) throw new JsonException($"there is no encoding '{record.Encoding}', only base64.");
            return new(Topic, ViewBytes(record.Key, record.Encoding), ViewBytes(record.Value, record.Encoding))
            {
                Partition = Partition ?? record.Partition,
                Timestamp = record.Timestamp,
                Headers = [.. Headers, .. (record.Headers ?? []).Select(h => new RecordHeader(h.Name, h.Value is null ? null : (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(h.Value)))],
            };
        }
        catch (Exception broken) when (broken is JsonException or FormatException)
        {
            throw new UserErrorException($"Line {number} is no record: {broken.Message} Write {{\"key\": \"k\", \"value\": \"v\"}}. The lines before it were sent.");
        }
    }

    /// <summary>Text is sent as it is, anything else as JSON.</summary>
    static byte[]? ViewBytes(JsonElement? element, string? encoding) => element switch
    {
        null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => null,
        { ValueKind: JsonValueKind.String } packed when encoding is not null => packed.GetBytesFromBase64(),
        { ValueKind: JsonValueKind.String } text => Encoding.UTF8.GetBytes(text.GetString()!),
        { } other => Encoding.UTF8.GetBytes(other.GetRawText()),
    };

    static string Shortened(string line) => line.Length <= 60 ? line : line[..57] + "...";
}
