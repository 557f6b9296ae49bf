using System.CommandLine;
using Millrace.Kafka;

namespace Millrace.Cli.Commands;

/// <summary>What the script <c>kafka-console-producer</c> runs, so that lines written for Apache Kafka's tool work as they are.</summary>
static class KafkaConsoleProducer
{
    internal static Command Create()
    {
        var topic = new Option<string?>("--topic") { Description = "The topic.", HelpName = "topic" };
        var brokers = new Option<string?>("--broker-list") { Description = "As --bootstrap-server; gone since Apache Kafka 4.0.", HelpName = "host:port" };
        var properties = new Option<string[]>("--property", "--reader-property") { Description = "parse.key, key.separator, null.marker, ignore.error.", HelpName = "name=value" };
        var compression = new Option<string?>("--compression-codec") { Description = "none, gzip, snappy, lz4 or zstd; gzip when nothing follows.", HelpName = "kind", Arity = ArgumentArity.ZeroOrOne };
        var acks = new Option<string>("--request-required-acks") { Description = "all or -1, 1, 0.", DefaultValueFactory = _ => "all" };
        var sync = new Option<bool>("--sync") { Description = "Taken, and does nothing: a line that could not be sent is told in any case." };
        var command = new Command("kafka-console-producer", "Lines as records, in the words of Apache Kafka's tool. 'millrace produce' does the same and more.") { topic, brokers, properties, compression, acks, sync };
        new ClusterOptions().SetAction(command, async (kafka, session, parsed) =>
        {
            var name = parsed.GetValue(topic) ?? throw new UserErrorException("Give the topic: --topic NAME");
            var given = new KafkaProperties(parsed.GetValue(properties), "parse.key", "key.separator", "null.marker", "ignore.error");
            var lines = new RecordLines(name, given.Is("parse.key") ? ProduceCommand.Unescaped(given.Text("key.separator", "\t")) : null, given.Text("null.marker"), IsJson: false, null, []);
            var confirmed = Sending.Acks(parsed.GetValue(acks)!);
            var kind = parsed.GetResult(compression) is null ? CompressionKind.None : Sending.Compression(parsed.GetValue(compression) ?? "gzip");
            await using var producer = kafka.CreateProducer<byte[]?, byte[]?>(new() { Compression = kind, Acks = confirmed, Idempotent = confirmed == Acks.All });
            Action? prompt = Console.IsInputRedirected ? null : () => session.Terminal.Output.Write('>');
            await Sending.LinesAsync(producer, lines, Console.In, null, prompt, session);
        }, brokers);
        return command;
    }
}
