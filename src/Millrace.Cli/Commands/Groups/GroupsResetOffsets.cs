using System.CommandLine;
using System.Globalization;
using Millrace.Cli.Output;
using Millrace.Kafka;

namespace Millrace.Cli.Commands;

static class GroupsResetOffsets
{
    internal static Command Create()
    {
        var name = new Argument<string>("group") { Description = "The group's id." };
        var topics = new Option<string[]>("--topic") { Description = "A topic, or some partitions of one: orders:0,1. May be given several times.", HelpName = "topic" };
        var all = new Option<bool>("--all-topics") { Description = "Every topic that the group has committed something for." };
        var execute = new Option<bool>("--execute") { Description = "Write it. Without, what would be written is only shown." };
        var target = new OffsetTarget();
        var command = new Command("reset-offsets", "Moves what a group reads next, once it has no members. Shows the old and the new offsets, and writes them with --execute.") { name, topics, all };
        target.AddTo(command);
        command.Add(execute);
        new ClusterOptions().SetAction(command, async (admin, session, parsed) =>
        {
            var (group, isDry) = (parsed.GetRequiredValue(name), !parsed.GetValue(execute));
            target.Check(parsed);
            var committed = (await admin.ListGroupOffsetsAsync(group, session.Cancellation)).ToDictionary(o => o.Partition, o => o.Offset);
            var partitions = target.ReadFile(parsed)?.Keys.ToList()
                ?? (parsed.GetValue(all) ? [.. committed.Keys] : await PartitionsAsync(admin, parsed.GetValue(topics) ?? [], session.Cancellation));
            if (partitions.Count == 0) throw new UserErrorException($"Group '{group}' has committed nothing yet. Name topics: --topic NAME");
            var wanted = await target.FindAsync(admin, session, parsed, partitions, committed);
            if (!isDry) await admin.AlterGroupOffsetsAsync(group, wanted, session.Cancellation);
            var view = new GroupResetView(group, isDry, [.. wanted.OrderBy(o => o.Key.Topic, StringComparer.Ordinal).ThenBy(o => o.Key.Partition)
                .Select(o => new OffsetResetView(o.Key.Topic, o.Key.Partition, committed.TryGetValue(o.Key, out var before) ? before : null, o.Value))]);
            session.Show(view, KafkaViews.Default.GroupResetView, terminal => Write(terminal, view));
        });
        return command;
    }

    static async Task<List<TopicPartition>> PartitionsAsync(KafkaAdmin admin, string[] topics, CancellationToken cancellation)
    {
        if (topics.Length == 0) throw new UserErrorException("Say for which topics: --topic NAME, --topic NAME:0,1 or --all-topics.");
        var partitions = new List<TopicPartition>();
        foreach (var text in topics)
        {
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0) partitions.AddRange((await admin.DescribeTopicAsync(text, cancellation)).Partitions.Select(p => new TopicPartition(text, p.Partition)));
            else
                foreach (var number in text[(colon + 1)..].Split(','))
                    partitions.Add(new(text[..colon], int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var partition) ? partition
                        : throw new UserErrorException($"--topic {text}: '{number}' is no partition. Write {text[..colon]}:0,1")));
        }
        return [.. partitions.Distinct()];
    }

    static void Write(Terminal terminal, GroupResetView reset)
    {
        var table = new Columns("topic", "partition", "old", "new");
        foreach (var offset in reset.Offsets) table.Add(Text.Of(offset.Topic), $"{offset.Partition}", GroupsDescribe.Number(offset.From), $"{offset.To}");
        table.WriteTo(terminal);
        terminal.Line();
        terminal.Line(reset.DryRun ? "Nothing is written yet: --execute writes it." : $"Group {reset.Group} goes on there.");
    }
}
