using System.CommandLine;
using System.Globalization;
using Millrace.Kafka;

namespace Millrace.Cli.Commands;

/// <summary>What the script <c>kafka-console-consumer</c> runs, so that lines written for Apache Kafka's tool work as they are.</summary>
static class KafkaConsoleConsumer
{
    internal static Command Create()
    {
        var topic = new Option<string?>("--topic") { Description = "The topic.", HelpName = "topic" };
        var beginning = new Option<bool>("--from-beginning") { Description = "From the first record on, unless the group has been here; otherwise only what comes from now on." };
        var group = new Option<string?>("--group") { Description = "The group to read as.", HelpName = "group" };
        var partition = new Option<int?>("--partition") { Description = "Only this partition.", HelpName = "number" };
        var offset = new Option<string?>("--offset") { Description = "Where to begin in it: earliest, latest or a number.", HelpName = "offset" };
        var most = new Option<long?>("--max-messages") { Description = "End after so many records.", HelpName = "number" };
        var timeout = new Option<int?>("--timeout-ms") { Description = "End when no record comes for so long.", HelpName = "number" };
        var isolation = new Option<string>("--isolation-level") { Description = "read_committed or read_uncommitted.", DefaultValueFactory = _ => "read_uncommitted" };
        isolation.AcceptOnlyFromAmong("read_committed", "read_uncommitted");
        var properties = new Option<string[]>("--property", "--formatter-property") { Description = "print.key, print.value, print.timestamp, print.partition, print.offset, print.headers, key.separator, line.separator, null.literal.", HelpName = "name=value" };
        var command = new Command("kafka-console-consumer", "Records as lines, in the words of Apache Kafka's tool. 'millrace consume' does the same and more.") { topic, beginning, group, partition, offset, most, timeout, isolation, properties };
        new ClusterOptions().SetAction(command, async (KafkaClient kafka, Session session, ParseResult parsed) =>
        {
            if (parsed.GetValue(offset) is not null && parsed.GetValue(partition) is null) throw new UserErrorException("--offset needs --partition: an offset is a place in one partition.");
            var printer = new ConsolePrinter(session.Terminal, new(parsed.GetValue(properties),
                "print.key", "print.value", "print.timestamp", "print.partition", "print.offset", "print.headers", "key.separator", "line.separator", "null.literal"));
            var read = await new Reading
            {
                Topics = [parsed.GetValue(topic) ?? throw new UserErrorException("Give the topic: --topic NAME")],
                Partitions = parsed.GetValue(partition) is { } only ? [only] : [],
                Group = parsed.GetValue(group),
                From = StartPlace.Parse(parsed.GetValue(offset) ?? (parsed.GetValue(beginning) ? "earliest" : "latest"), session.Time.GetUtcNow()),
                OnlyCommitted = parsed.GetValue(isolation) == "read_committed",
                Count = parsed.GetValue(most),
                Follows = true,
                Patience = parsed.GetValue(timeout) is { } quiet ? TimeSpan.FromMilliseconds(quiet) : null,
            }.RunAsync(kafka, record => printer.Write(record), session);
            session.Terminal.Complain(string.Create(CultureInfo.InvariantCulture, $"Processed a total of {read} messages"));
        });
        return command;
    }
}
