using System.Buffers.Text;
using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Kafka;

namespace Millrace.Cli.Commands;

/// <summary>What the script <c>kafka-topics</c> runs: topics in the words of Apache Kafka's tool, so that lines written for it work as they are.</summary>
static class KafkaTopics
{
    internal static Command Create()
    {
        var create = new Option<bool>("--create") { Description = "Create a topic." };
        var list = new Option<bool>("--list") { Description = "List the topics." };
        var describe = new Option<bool>("--describe") { Description = "Show topics with their partitions." };
        var alter = new Option<bool>("--alter") { Description = "Add partitions to a topic." };
        var delete = new Option<bool>("--delete") { Description = "Delete a topic." };
        var topic = new Option<string?>("--topic") { Description = "The topic's name.", HelpName = "topic" };
        var bare = new Argument<string?>("topic") { Description = "The topic's name, without --topic.", Arity = ArgumentArity.ZeroOrOne };
        var partitions = new Option<int?>("--partitions") { Description = "How many partitions it has.", HelpName = "number" };
        var replication = new Option<int?>("--replication-factor") { Description = "How many brokers keep a copy of each.", HelpName = "number" };
        var config = new Option<string[]>("--config") { Description = "A setting. May be given several times.", HelpName = "name=value" };
        var ifExists = new Option<bool>("--if-exists") { Description = "Pass over a topic that isn't there." };
        var ifNotExists = new Option<bool>("--if-not-exists") { Description = "Leave a topic that is there as it is." };
        var excludeInternal = new Option<bool>("--exclude-internal") { Description = "Leave out topics in which brokers keep their own things." };
        var zookeeper = new Option<string?>("--zookeeper") { Description = "Gone since Apache Kafka 3.0.", Hidden = true };
        var command = new Command("kafka-topics", "Topics in the words of Apache Kafka's tool. 'millrace topics' does the same and more.")
        {
            create, list, describe, alter, delete, topic, bare, partitions, replication, config, ifExists, ifNotExists, excludeInternal, zookeeper,
        };
        new ClusterOptions().SetAction(command, async (admin, session, parsed) =>
        {
            if (parsed.GetValue(zookeeper) is not null) throw new UserErrorException("--zookeeper is gone since Apache Kafka 3.0. Name a broker: --bootstrap-server localhost:9092");
            var actions = ((Option<bool>[])[create, list, describe, alter, delete]).Where(parsed.GetValue).ToList();
            if (actions is not [var action]) throw new UserErrorException("Give one of --create, --list, --describe, --alter and --delete.");
            var name = parsed.GetValue(topic) ?? parsed.GetValue(bare);
            var (terminal, cancellation) = (session.Terminal, session.Cancellation);
            if (action == list)
                foreach (var found in await admin.ListTopicsAsync(!parsed.GetValue(excludeInternal), cancellation)) terminal.Line(found.Name);
            else if (action == describe)
                foreach (var found in await DescribedAsync(admin, name, parsed.GetValue(ifExists), cancellation)) Write(terminal, found, await TopicsDescribe.SettingsAsync(admin, found.Name, cancellation));
            else if (name is null)
                throw new UserErrorException($"{action.Name} needs the topic's name: --topic NAME");
            else if (action == create)
            {
                var copies = await CopiesAsync(admin, parsed.GetValue(replication), terminal, cancellation);
                if (await TopicsCreate.TryAsync(admin, name, parsed.GetValue(partitions), copies, Assignments.ReadAll("--config", parsed.GetValue(config)), parsed.GetValue(ifNotExists), cancellation))
                    terminal.Line($"Created topic {name}.");
            }
            else if (action == alter)
                await admin.AddPartitionsAsync(name, parsed.GetValue(partitions) ?? throw new UserErrorException("--alter needs how many partitions the topic shall have: --partitions NUMBER"), cancellation);
            else
                await TopicsDelete.TryAsync(admin, name, parsed.GetValue(ifExists), cancellation);
        });
        return command;
    }

    // A line that was written for a cluster is tried on a laptop: one broker can have one copy, and the rest of the line is worth trying.
    static async Task<int?> CopiesAsync(KafkaAdmin admin, int? asked, Terminal terminal, CancellationToken cancellation)
    {
        if (asked is not > 1 || (await admin.DescribeClusterAsync(cancellation)).Brokers.Count != 1) return asked;
        terminal.Complain($"There is one broker, so there is one copy of each partition, not {asked}. A cluster of Apache Kafka takes the same line and keeps {asked}.");
        return 1;
    }

    static async Task<IReadOnlyList<TopicDescription>> DescribedAsync(KafkaAdmin admin, string? name, bool mayBeMissing, CancellationToken cancellation)
    {
        try
        {
            return await TopicsDescribe.FindAsync(admin, name is null ? null : [name], cancellation);
        }
        catch (KafkaException missing) when (mayBeMissing && missing.Code == ErrorCode.UnknownTopicOrPartition)
        {
            return [];
        }
    }

    // As Apache Kafka's tool prints it: other people's scripts read it.
    static void Write(Terminal terminal, TopicDescription topic, Dictionary<string, string> settings)
    {
        var copies = topic.Partitions.Count == 0 ? 0 : topic.Partitions[0].Replicas.Count;
        terminal.Line($"Topic: {topic.Name}\tTopicId: {Base64Url.EncodeToString(topic.Id.ToByteArray(bigEndian: true))}\tPartitionCount: {topic.Partitions.Count}\tReplicationFactor: {copies}\tConfigs: {string.Join(',', settings.Select(s => $"{s.Key}={s.Value}"))}");
        foreach (var partition in topic.Partitions)
            terminal.Line($"\tTopic: {topic.Name}\tPartition: {partition.Partition}\tLeader: {(partition.Leader is { } leader ? $"{leader}" : "none")}\tReplicas: {string.Join(',', partition.Replicas)}\tIsr: {string.Join(',', partition.InSync)}");
    }
}
