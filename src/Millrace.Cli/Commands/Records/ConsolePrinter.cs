using System.Globalization;
using System.Text;
using Millrace.Cli.Output;
using Millrace.Kafka;

namespace Millrace.Cli.Commands;

/// <summary>Writes records as Apache Kafka's console consumer does: other people's scripts read it.</summary>
sealed class ConsolePrinter(Terminal terminal, KafkaProperties properties)
{
    readonly string separator = ProduceCommand.Unescaped(properties.Text("key.separator", "\t"))!, line = properties.Text("line.separator", "\n"), none = properties.Text("null.literal", "null");
    readonly bool time = properties.Is("print.timestamp"), partition = properties.Is("print.partition"), offset = properties.Is("print.offset"),
        headers = properties.Is("print.headers"), key = properties.Is("print.key"), value = properties.Is("print.value", otherwise: true);

    internal void Write(in ConsumerRecord<byte[]?, byte[]?> record)
    {
        var parts = new List<string>();
        if (time) parts.Add(string.Create(CultureInfo.InvariantCulture, $"CreateTime:{record.Timestamp.ToUnixTimeMilliseconds()}"));
        if (partition) parts.Add(string.Create(CultureInfo.InvariantCulture, $"Partition:{record.Partition}"));
        if (offset) parts.Add(string.Create(CultureInfo.InvariantCulture, $"Offset:{record.Offset}"));
        if (headers) parts.Add(record.Headers is { Count: > 0 } all ? string.Join(',', all.Select(h => $"{h.Name}:{h.Text ?? none}")) : "NO_HEADERS");
        if (key) parts.Add(Text(record.Key));
        if (value) parts.Add(Text(record.Value));
        terminal.Output.Write(string.Join(separator, parts) + line);
        terminal.Output.Flush();
    }

    string Text(byte[]? bytes) => bytes is null ? none : Encoding.UTF8.GetString(bytes);
}
