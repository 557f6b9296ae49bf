using System.CommandLine;
using Millrace.Kafka;

namespace Millrace.Cli.Commands;

static class ProduceCommand
{
    internal const string Says = "Sends records to a topic: lines that are typed, piped or in files.";

    internal static Command Create()
    {
        var topic = new Argument<string>("topic") { Description = "The topic." };
        var files = new Option<string[]>("--file", "-f") { Description = "A file of lines, instead of what is typed or piped. May be given several times.", HelpName = "file" };
        var whole = new Option<bool>("--whole") { Description = "Each file is one record." };
        var separator = new Option<string?>("--key-separator", "-K") { Description = "What stands between key and value on each line, as in -K , or -K '\\t'. Without it records have no key.", HelpName = "text" };
        var key = new Option<string?>("--key", "-k") { Description = "The key of all records.", HelpName = "text" };
        var none = new Option<string?>("--null") { Description = "A value that is written like this is null: it deletes its key in a compacted topic.", HelpName = "text" };
        var headers = new Option<string[]>("--header", "-H") { Description = "A header of each record. May be given several times.", HelpName = "name=value" };
        var partition = new Option<int?>("--partition", "-p") { Description = "The partition; otherwise the key chooses.", HelpName = "number" };
        var rate = new Option<double?>("--rate") { Description = "The most records in a second.", HelpName = "number" };
        var compression = new Option<string>("--compression", "-z") { Description = "How batches are packed: none, gzip, snappy, lz4 or zstd.", HelpName = "kind", DefaultValueFactory = _ => "none" };
        var acks = new Option<string>("--acks") { Description = "Who must have a record: all, 1 (the leader) or 0 (nobody).", DefaultValueFactory = _ => "all" };
        var command = new Command("produce", Says) { topic, files, whole, separator, key, none, headers, partition, rate, compression, acks };
        new ClusterOptions().SetAction(command, async (KafkaClient kafka, Session session, ParseResult parsed) =>
        {
            if (parsed.GetValue(rate) is <= 0) throw new UserErrorException($"--rate is {parsed.GetValue(rate)}. Give how many records to send in a second, such as --rate 100.");
            if (parsed.GetValue(key) is not null && (parsed.GetValue(separator) is not null || session.IsJson)) throw new UserErrorException("--key is the key of all records; it doesn't go with --key-separator or --json, where each has its own.");
            if (parsed.GetValue(whole) && parsed.GetValue(files) is not { Length: > 0 }) throw new UserErrorException("--whole needs --file: each file is one record.");
            var name = parsed.GetRequiredValue(topic);
            var fixedKey = parsed.GetValue(key) is { } text ? System.Text.Encoding.UTF8.GetBytes(text) : null;
            var lines = new RecordLines(name, Unescaped(parsed.GetValue(separator)), parsed.GetValue(none), session.IsJson, parsed.GetValue(partition),
                [.. Assignments.Read("--header", parsed.GetValue(headers)).Select(h => new RecordHeader(h.Name, h.Value))], fixedKey);
            var confirmed = Sending.Acks(parsed.GetValue(acks)!);
            await using var producer = kafka.CreateProducer<byte[]?, byte[]?>(new() { Compression = Sending.Compression(parsed.GetValue(compression)!), Acks = confirmed, Idempotent = confirmed == Acks.All });
            var sent = 0L;
            if (parsed.GetValue(files) is { Length: > 0 } given)
            {
                foreach (var file in given)
                {
                    if (parsed.GetValue(whole))
                    {
                        await producer.EnqueueAsync(lines.Record(fixedKey, await File.ReadAllBytesAsync(file, session.Cancellation)), cancellation: session.Cancellation);
                        sent++;
                        continue;
                    }
                    using var reader = new StreamReader(file);
                    sent += await Sending.LinesAsync(producer, lines, reader, parsed.GetValue(rate), null, session);
                }
                await producer.FlushAsync(session.Cancellation);
            }
            else
            {
                if (!Console.IsInputRedirected) session.Terminal.Complain("A line is a record. Ctrl-D ends.");
                sent = await Sending.LinesAsync(producer, lines, Console.In, parsed.GetValue(rate), null, session);
            }
            session.Terminal.Complain($"{sent:N0} {(sent == 1 ? "record" : "records")} sent to {name}.");
        });
        return command;
    }

    /// <summary>Separators that shells make hard to type.</summary>
    internal static string? Unescaped(string? text) => text?.Replace("\\t", "\t", StringComparison.Ordinal);
}
