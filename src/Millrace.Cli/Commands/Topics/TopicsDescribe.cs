using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Kafka;

namespace Millrace.Cli.Commands;

static class TopicsDescribe
{
    internal static Command Create()
    {
        var names = new Argument<string[]>("topic") { Description = "The topics; all of them if none is named.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("describe", "Shows partitions with their leaders, copies and offsets, and settings that differ from the broker's.") { names };
        new ClusterOptions().SetAction(command, async (admin, session, parsed) =>
        {
            var details = new List<TopicDetailsView>();
            foreach (var topic in await FindAsync(admin, parsed.GetValue(names), session.Cancellation))
            {
                var (first, end) = (await OffsetsAsync(admin, topic, OffsetSpec.Earliest, session.Cancellation), await OffsetsAsync(admin, topic, OffsetSpec.Latest, session.Cancellation));
                var configs = await SettingsAsync(admin, topic.Name, session.Cancellation);
                details.Add(new(TopicView.Of(topic), [.. topic.Partitions.Select(p => new OffsetsView(p.Partition, first.GetValueOrDefault(p.Partition), end.GetValueOrDefault(p.Partition)))], configs));
            }
            session.Show(details, KafkaViews.Default.IReadOnlyListTopicDetailsView, terminal =>
            {
                foreach (var topic in details) Write(terminal, topic, isFirst: topic == details[0]);
                if (details.Count == 0) terminal.Line("No topics.");
            });
        });
        return command;
    }

    internal static async Task<IReadOnlyList<TopicDescription>> FindAsync(KafkaAdmin admin, string[]? names, CancellationToken cancellation) => names is not { Length: > 0 }
        ? await admin.ListTopicsAsync(cancellation: cancellation)
        : await Task.WhenAll(names.Select(n => admin.DescribeTopicAsync(n, cancellation).AsTask()));

    /// <summary>What is set for the topic; nothing where one may not ask.</summary>
    internal static async Task<Dictionary<string, string>> SettingsAsync(KafkaAdmin admin, string topic, CancellationToken cancellation)
    {
        try
        {
            return (await admin.DescribeTopicConfigsAsync(topic, cancellation)).Where(c => c.Origin == ConfigOrigin.Topic).ToDictionary(c => c.Name, c => c.Value ?? "");
        }
        catch (KafkaException refused) when (refused.Code == ErrorCode.TopicAuthorizationFailed)
        {
            return [];
        }
    }

    // A partition without a leader can't be asked, and is shown for that.
    static async Task<Dictionary<int, long?>> OffsetsAsync(KafkaAdmin admin, TopicDescription topic, OffsetSpec which, CancellationToken cancellation) =>
        (await admin.ListOffsetsAsync(topic.Partitions.Where(p => p.Leader is not null).Select(p => new TopicPartition(topic.Name, p.Partition)), which, cancellation))
            .ToDictionary(o => o.Key.Partition, o => o.Value.Offset);

    static void Write(Terminal terminal, TopicDetailsView topic, bool isFirst)
    {
        if (!isFirst) terminal.Line();
        terminal.Line($"{topic.Topic.Name}: {Text.Count(topic.Topic.Partitions.Count, "partition")}, {(topic.Topic.ReplicationFactor == 1 ? "1 copy" : $"{topic.Topic.ReplicationFactor} copies")} of each");
        foreach (var (name, value) in topic.Settings) terminal.Line($"  {name} = {value}");
        var table = new Columns("partition", "leader", "replicas", "in sync", "first", "end", "offsets");
        foreach (var (partition, offsets) in topic.Topic.Partitions.Zip(topic.Offsets))
            table.Add($"{partition.Partition}", partition.Leader is { } leader ? $"{leader}" : "[red]none[/]", string.Join(',', partition.Replicas), string.Join(',', partition.InSync),
                offsets.First is { } first ? $"{first}" : Text.Nothing, offsets.End is { } end ? $"{end}" : Text.Nothing, $"{offsets.End - offsets.First}" is { Length: > 0 } count ? count : Text.Nothing);
        table.WriteTo(terminal);
    }
}
