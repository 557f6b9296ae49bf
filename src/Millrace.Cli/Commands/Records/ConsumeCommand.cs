using System.CommandLine;
using Millrace.Kafka;

namespace Millrace.Cli.Commands;

static class ConsumeCommand
{
    internal const string Says = "Reads the records of topics.";

    internal static Command Create()
    {
        var topics = new Argument<string[]>("topic") { Description = "The topics.", Arity = ArgumentArity.OneOrMore };
        var from = new Option<string>("--from", "-o") { Description = "Where to begin: beginning, end, an offset, -N for the last N of each partition, or a time. A group goes on where it was.", HelpName = "place", DefaultValueFactory = _ => "beginning" };
        var follow = new Option<bool>("--follow") { Description = "Wait for more at the end." };
        var count = new Option<long?>("--count", "-c") { Description = "End after so many records.", HelpName = "number" };
        var group = new Option<string?>("--group", "-g") { Description = "Read as a member of this group, which remembers how far it has come.", HelpName = "group" };
        var partitions = new Option<int[]>("--partition", "-p") { Description = "Only this partition. May be given several times.", HelpName = "number" };
        var format = new Option<string?>("--format") { Description = $"What to write of each record, as in '{{offset}} {{key}}: {{value}}'. There are {RecordPrinter.Names}.", HelpName = "text" };
        var keys = new Option<bool>("--keys") { Description = "Write keys before values, with a tab between." };
        var uncommitted = new Option<bool>("--uncommitted") { Description = "Also records of transactions that are open or were aborted." };
        var command = new Command("consume", Says) { topics, from, follow, count, group, partitions, format, keys, uncommitted };
        new ClusterOptions().SetAction(command, async (KafkaClient kafka, Session session, ParseResult parsed) =>
        {
            if (parsed.GetValue(group) is not null && parsed.GetValue(partitions) is { Length: > 0 }) throw new UserErrorException("--group and --partition don't go together: a group shares partitions by itself.");
            var printer = new RecordPrinter(session.Terminal, session.IsJson ? null : parsed.GetValue(format) ?? (parsed.GetValue(keys) ? "{key}\t{value}" : "{value}"));
            await new Reading
            {
                Topics = parsed.GetRequiredValue(topics),
                Partitions = parsed.GetValue(partitions) ?? [],
                Group = parsed.GetValue(group),
                From = StartPlace.Parse(parsed.GetValue(from)!, session.Time.GetUtcNow()),
                OnlyCommitted = !parsed.GetValue(uncommitted),
                Count = parsed.GetValue(count),
                Follows = parsed.GetValue(follow),
            }.RunAsync(kafka, record => printer.Write(record), session);
        });
        return command;
    }
}
